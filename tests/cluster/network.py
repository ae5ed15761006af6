"""A TCP proxy in front of PostgreSQL for one node, so that the node alone can be cut off."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field


@dataclass
class Link:
    """The way of one node to the database. `cut` lets nothing through and says nothing; `reset` hangs up."""

    target: int
    port: int = 0
    _open: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; `port` says where."""
        self._open.set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """From now on packets vanish."""
        self._open.clear()

    def mend(self) -> None:
        """Let everything through that waited, and what comes."""
        self._open.set()

    def reset(self) -> None:
        """Hang up on every connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def close(self) -> None:
        """End it."""
        self.mend()
        self.reset()
        if self._server is not None:
            self._server.close()
        await asyncio.sleep(0)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            behind, before = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers.add(before)
            await asyncio.gather(self._pump(reader, before), self._pump(behind, writer))
        except OSError:
            writer.transport.abort()
        finally:
            self._writers.discard(writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
