"""One connection that many deliveries use at once: opened by the first, replaced once it is no good."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from gateway.destinations.attempt import Refused

C = TypeVar("C")

CLOSING = 2.0
"""Seconds that a connection has to close in good order."""


@dataclass(slots=True, eq=False)
class _Held(Generic[C]):
    connection: C
    users: int = 0
    is_retired: bool = False


class Shared(Generic[C]):
    """Gives the connection to everybody who asks, and a new one after whatever else than Refused.

    A connection that failed somebody is closed when the last of its users is done: until then the others
    may still get their answers. What waits in it to be sent is lost with it, and never sent late.
    """

    def __init__(
        self,
        open: Callable[[], Awaitable[C]],
        close: Callable[[C], Awaitable[None]],
        is_good: Callable[[C], bool],
        timeout: float,
    ) -> None:
        """`open` has `timeout` seconds and must leave nothing behind where it fails or is cancelled.

        `close` has CLOSING seconds and is then cancelled: it must let go of everything even so.
        """
        self._open = open
        self._close = close
        self._is_good = is_good
        self._timeout = timeout
        self._current: asyncio.Task[_Held[C]] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def use(self) -> AsyncIterator[C]:
        """The connection, opened where there is none; raises what opening it raised, for all who wait."""
        held = await self._held()
        held.users += 1
        try:
            yield held.connection
        except Refused:
            raise
        except BaseException:
            self._retire(held)
            raise
        finally:
            held.users -= 1
            self._end_if_done(held)

    async def close(self) -> None:
        """Close it; nobody uses it any more."""
        current, self._current = self._current, None
        if current is not None:
            current.cancel()
            with suppress(asyncio.CancelledError, Exception):
                self._retire(await current)
        while self._closing:
            await asyncio.wait(self._closing)

    async def _held(self) -> _Held[C]:
        while True:
            held = await self._latest()
            if not held.is_retired:  # as it can be by who got it first
                return held

    async def _latest(self) -> _Held[C]:
        if self._current is not None and self._is_over(self._current):
            self._current = None
        if self._current is None:
            self._current = asyncio.create_task(self._opened())
        return await asyncio.shield(self._current)

    def _is_over(self, opening: asyncio.Task[_Held[C]]) -> bool:
        """Whether nothing came of it, or it has been lost meanwhile; closes what was lost."""
        if not opening.done():
            return False
        if opening.cancelled() or opening.exception() is not None:
            return True
        held = opening.result()
        if not self._is_good(held.connection):
            self._retire(held)
        return held.is_retired

    async def _opened(self) -> _Held[C]:
        async with asyncio.timeout(self._timeout):
            return _Held(await self._open())

    def _retire(self, held: _Held[C]) -> None:
        if not held.is_retired:
            held.is_retired = True
            self._end_if_done(held)

    def _end_if_done(self, held: _Held[C]) -> None:
        if held.is_retired and held.users == 0:
            task = asyncio.create_task(self._end(held.connection))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _end(self, connection: C) -> None:
        with suppress(Exception):
            async with asyncio.timeout(CLOSING):
                await self._close(connection)
