"""A few connections that several tasks share: opened when needed, replaced when lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from gateway.store.errors import StoreUnavailable
from gateway.store.postgres.errors import AGAIN, FAULTS, address, translate
from gateway.store.postgres.session import Clock, Session

Read = TypeVar("Read")

AT_MOST = 35.0
"""Seconds that a task may have a connection for: more than a read may take at the server."""


class Pool:
    """At most `size` connections to `url`."""

    def __init__(self, url: str, size: int, clock: Clock = "database") -> None:
        self.where = address(url)
        self._url = url
        self._clock = clock
        self._free = asyncio.Semaphore(size)
        self._idle: list[Session] = []
        self._closed = False

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A connection for one task. One on which anything but a fault of the task's happened is given up."""
        async with self._free:
            if self._closed:
                raise StoreUnavailable(f"{self.where}: the store is closed")
            session = self._take() or await Session.open(self._url, self._clock)
            try:
                yield session
            except FAULTS:
                raise
            except BaseException:
                session.terminate()
                raise
            finally:
                if not session.lost:
                    self._idle.append(session)

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[Session]:
        """A connection whose errors come as StoreError, for AT_MOST seconds."""
        try:
            async with asyncio.timeout(AT_MOST), self.session() as session:
                yield session
        except Exception as error:
            raise translate(error, self.where) from error

    @contextlib.asynccontextmanager
    async def transaction(self, begin: str = "begin") -> AsyncIterator[Session]:
        """A transaction on a connection of its own. Raises StoreError."""
        async with self.connected() as session, session.transaction(begin):
            yield session

    async def read(self, reading: Callable[[Session], Awaitable[Read]]) -> Read:
        """What `reading` reads in a transaction; once more where a migration came in between."""
        async with self.connected() as session:
            try:
                return await _read(session, reading)
            except AGAIN:
                return await _read(session, reading)

    async def close(self) -> None:
        """Close every connection; none may be in use."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()

    def _take(self) -> Session | None:
        while self._idle:
            session = self._idle.pop()
            if not session.lost:
                return session
        return None


async def _read(session: Session, reading: Callable[[Session], Awaitable[Read]]) -> Read:
    async with session.transaction("begin_reading"):
        return await reading(session)
