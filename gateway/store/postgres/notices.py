"""Telling other nodes of new deliveries with NOTIFY, and hearing of theirs with LISTEN.

Best effort: a node that misses a notice finds the delivery when its worker looks again by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable

import asyncpg

from gateway.store.contract import StoreError
from gateway.store.postgres.pool import Pool
from gateway.store.postgres.session import Session

CHANNEL = "gateway"

EVERY = 0.01
"""Seconds from one notice to the next: under load one of them speaks for many commits."""

RECONNECT_AFTER = 1.0
"""Seconds after which a lost connection is tried again."""

Wake = Callable[[Iterable[str]], None]


class Notices:
    """What this node tells and hears. Used on the event loop that made it."""

    def __init__(self, url: str, pool: Pool) -> None:
        """Notices go out on a connection of `pool`; listening takes one of its own to `url`."""
        self._url = url
        self._pool = pool
        self._node = secrets.token_hex(4)
        self._untold: set[str] = set()
        self._telling: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    def tell(self, subscriptions: set[str]) -> None:
        """Say soon that these subscriptions have new deliveries."""
        self._untold |= subscriptions
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
            subscriptions, self._untold = self._untold, set()
            messages = [f"{self._node} {name}" for name in sorted(subscriptions)]
            with contextlib.suppress(StoreError):
                async with self._pool.connected() as session:
                    await session.rows("notify", CHANNEL, messages)
            await asyncio.sleep(EVERY)

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
            node, _, subscription = message.partition(" ")
            if node != self._node:
                wake([subscription])

        try:
            await session.listen(CHANNEL, heard, ended.set)
            tried.set()
            await ended.wait()
        finally:
            session.terminate()
