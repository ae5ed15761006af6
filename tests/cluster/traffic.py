"""A provider that sends until it hears a 200, and a subscriber that now and then says no."""

from __future__ import annotations

import asyncio
import hmac
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.cluster.nodes import SECRET, SUBSCRIPTIONS, Node

PATIENCE = 8.0
"""Seconds that the provider waits for an answer; then it sends again."""


@dataclass
class Provider:
    """Sends `count` events, `share` of them again, each to a random node, and again until it hears a 200."""

    nodes: Sequence[Node]
    count: int
    share: float
    random: random.Random
    senders: int = 32
    acknowledged: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    tries: int = 0

    async def send_all(self) -> None:
        """Send everything."""
        order = [f"evt_{number}" for number in range(self.count)]
        order += self.random.sample(order, round(self.count * self.share))
        self.random.shuffle(order)
        ids = iter(order)
        await asyncio.gather(*(self._send_some(ids) for _ in range(self.senders)))

    async def _send_some(self, ids: object) -> None:
        for id in ids:  # type: ignore[attr-defined]
            while (answer := await self._try(id)) is None:
                await asyncio.sleep(0.1)
            self.acknowledged[id] += 1
            self.duplicates += answer["duplicates"]

    async def _try(self, id: str) -> dict[str, int] | None:
        self.tries += 1
        node = self.random.choice(self.nodes)
        try:
            async with asyncio.timeout(PATIENCE):
                status, body = await post(node.port, "/webhooks/acme", *signed(id))
        except (OSError, EOFError, TimeoutError, ValueError):
            return None
        return json.loads(body) if status == 200 else None


def signed(id: str) -> tuple[bytes, str]:
    """The body of an event and its signature."""
    body = json.dumps({"id": id, "type": "order.paid", "total": 4200, "note": "x" * 200}).encode()
    return body, hmac.digest(SECRET.encode(), body, "sha256").hex()


async def post(port: int, path: str, body: bytes, signature: str) -> tuple[int, bytes]:
    """One POST on a connection of its own. Raises OSError, EOFError or ValueError."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\nx-signature: {signature}\r\n"
        writer.write(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        answer = await reader.read()
    finally:
        writer.transport.abort()
    top, _, content = answer.partition(b"\r\n\r\n")
    return int(top[9:12]), content  # an answer that was cut off has no number


@dataclass
class Subscriber:
    """Counts what arrives, by subscription and message id; refuses one in `refuses` at random."""

    random: random.Random
    refuses: int = 50
    got: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in SUBSCRIPTIONS})
    server: asyncio.Server | None = None

    async def start(self) -> str:
        """Listen. Returns the URL."""
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Stop listening."""
        if self.server is not None:
            self.server.close()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
                path = head.split()[1].lstrip("/")
                if self.random.randrange(self.refuses) == 0:
                    writer.write(b"HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n")
                    continue
                self.got[path][head.partition("webhook-id: ")[2].partition("\r\n")[0].upper()] += 1
                writer.write(b"HTTP/1.1 200 ok\r\ncontent-length: 0\r\n\r\n")
        except (OSError, EOFError):
            writer.transport.abort()


async def eventually(check: Callable[[], bool], within: float) -> bool:
    """Whether `check` became true within so many seconds."""
    for _ in range(round(within / 0.1)):
        if check():
            return True
        await asyncio.sleep(0.1)
    return check()
