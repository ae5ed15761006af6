"""Telling other nodes of new deliveries with NOTIFY, and hearing of theirs with LISTEN.

Best effort: a node that misses a notice finds the delivery when its worker looks again by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable, Mapping

import asyncpg

from gateway.store.errors import StoreError
from gateway.store.postgres.pool import Pool
from gateway.store.postgres.session import Session, earlier

CHANNEL = "gateway"

EVERY = 0.01
"""Seconds from one notice to the next: under load one of them speaks for many commits."""

RECONNECT_AFTER = 1.0
"""Seconds after which a lost connection is tried again."""

Wake = Callable[[Iterable[str]], None]
Lower = Callable[[Mapping[str, int | None]], None]


class Notices:
    """What this node tells and hears. Used on the event loop that made it."""

    def __init__(self, url: str, pool: Pool, lower: Lower) -> None:
        """Notices go out on a connection of `pool`; listening takes one of its own to `url`.

        `lower` hears how early what other nodes tell of is due.
        """
        self._lower = lower
        self._url = url
        self._pool = pool
        self._node = secrets.token_hex(4)
        self._untold: dict[str, int | None] = {}
        self._telling: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    def tell(self, woken: Mapping[str, int | None]) -> None:
        """Say soon that these subscriptions have new deliveries, and when the earliest of them is due."""
        for name, due_at in woken.items():
            self._untold[name] = earlier(self._untold.get(name), due_at)
        if self._untold and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell())

    async def listen(self, wake: Wake) -> None:
        """Call `wake` with what other nodes tell from now on, until `close`."""
        tried = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(wake, tried))
        await tried.wait()

    async def close(self) -> None:
        """Tell what is left to tell, hear nothing more."""
        if self._telling is not None:
            await self._telling
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    async def _tell(self) -> None:
        while self._untold:
            woken, self._untold = self._untold, {}
            messages = [self._message(name, due_at) for name, due_at in sorted(woken.items())]
            with contextlib.suppress(StoreError):
                async with self._pool.connected() as session:
                    await session.rows("notify", CHANNEL, messages)
            await asyncio.sleep(EVERY)

    def _message(self, subscription: str, due_at: int | None) -> str:
        """Older nodes look for the blank only."""
        return f"{self._node} {subscription}" if due_at is None else f"{self._node}@{due_at} {subscription}"

    async def _listen(self, wake: Wake, tried: asyncio.Event) -> None:
        while True:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, StoreError):
                await self._hear(wake, tried)
            tried.set()
            await asyncio.sleep(RECONNECT_AFTER)

    async def _hear(self, wake: Wake, tried: asyncio.Event) -> None:
        """Listen on one connection until it ends."""
        session = await Session.open(self._url)
        ended = asyncio.Event()

        def heard(message: str) -> None:
            sender, _, subscription = message.partition(" ")
            node, _, due_at = sender.partition("@")
            if node != self._node:
                self._lower({subscription: int(due_at) if due_at else None})
                wake([subscription])

        try:
            await session.listen(CHANNEL, heard, ended.set)
            tried.set()
            await ended.wait()
        finally:
            session.terminate()
