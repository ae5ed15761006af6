"""Group commit: writes of one kind that wait at the same time share a transaction, on a few connections.

A write is an operation and an item. The operation is a function of the session and a list of items that
returns one result an item. Nothing is answered before the transaction that holds it is on disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg

from gateway.store.errors import StoreUnavailable
from gateway.store.postgres.days import add_day_of
from gateway.store.postgres.errors import AGAIN, FAULTS, missing_moment, translate
from gateway.store.postgres.pool import Pool
from gateway.store.postgres.session import WITHIN, Session
from gateway.telemetry.counts import Commits

Item = TypeVar("Item")
Result = TypeVar("Result")
Made = TypeVar("Made")
Operation = Callable[[Session, Sequence[Any]], Awaitable[Sequence[Any]]]

MAX_GROUP = 256
"""Writes in one transaction at most, so that the first of them does not wait for a long queue."""

AT_LEAST = 1.0
"""Seconds that a transaction may take even where its first write has waited for almost WITHIN."""

TRIES = 5
"""How often a transaction is tried that is undone for another's sake."""


@dataclass(slots=True)
class _Write:
    item: Any
    prepare: Callable[[Any], Any]
    done: asyncio.Future[Any]
    since: float

    def answer(self, result: Any) -> None:
        """It is on disk."""
        if self.done.done():
            return
        try:
            self.done.set_result(self.prepare(result))
        except Exception as error:
            self.done.set_exception(error)


class Groups:
    """The writes that wait, and the tasks that commit them. Used on the event loop that made it."""

    def __init__(
        self,
        pool: Pool,
        committers: int,
        told: Callable[[Mapping[str, int | None]], None],
        alone: Collection[Operation] = (),
    ) -> None:
        """`told` hears after each commit which subscriptions it gave deliveries, and how early.

        Transactions of an operation in `alone` would wait for each other: there is one at a time, so that the
        others find a connection.
        """
        self._pool = pool
        self._told = told
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[Operation, list[_Write]] = {}
        self._alone = frozenset(alone)
        self._under_way: set[Operation] = set()
        self._idle: list[asyncio.Future[None]] = []
        self._closed = False
        self.commits = Commits()
        self._tasks = [asyncio.create_task(self._run()) for _ in range(committers)]

    def write(
        self, operation: Callable[[Session, Sequence[Item]], Awaitable[Sequence[Result]]], item: Item
    ) -> asyncio.Future[Result]:
        """Do `operation` on `item` in the next transaction. A StoreError says that nothing is promised."""
        return self.write_preparing(operation, item, _as_it_is)

    def write_preparing(
        self,
        operation: Callable[[Session, Sequence[Item]], Awaitable[Sequence[Result]]],
        item: Item,
        prepare: Callable[[Result], Made],
    ) -> asyncio.Future[Made]:
        """As `write`; the future is done with what `prepare` makes of the result, or with what it raises."""
        done: asyncio.Future[Made] = self._loop.create_future()
        if self._closed:
            done.set_exception(StoreUnavailable(f"{self._pool.where}: the store is closed"))
            return done
        self._waiting.setdefault(operation, []).append(_Write(item, prepare, done, self._loop.time()))
        if self._idle:
            self._idle.pop().set_result(None)
        return done

    async def close(self) -> None:
        """Finish what waits, then end the tasks."""
        self._closed = True
        while self._idle:
            self._idle.pop().set_result(None)
        await asyncio.gather(*self._tasks)

    async def _run(self) -> None:
        while True:
            while (group := self._next_group()) is not None:
                await self._commit(*group)
                self._under_way.discard(group[0])
            if self._closed:
                return
            woken = self._loop.create_future()
            self._idle.append(woken)
            await woken

    def _next_group(self) -> tuple[Operation, list[_Write]] | None:
        """What waits of the operation that waits longest; the rest of it, if any, waits behind the others."""
        operation = next((one for one in self._waiting if one not in self._under_way), None)
        if operation is None:
            return None
        if operation in self._alone:
            self._under_way.add(operation)
        writes = self._waiting.pop(operation)
        if len(writes) > MAX_GROUP:
            self._waiting[operation] = writes[MAX_GROUP:]
        return operation, writes[:MAX_GROUP]

    async def _commit(self, operation: Operation, writes: list[_Write]) -> None:
        """One transaction for all. Where a write is at fault, one for each half, until it fails alone."""
        began = self._loop.time()
        try:
            results = await self._transact(operation, writes)
        except FAULTS as error:
            if len(writes) == 1:
                return self._fail(writes, translate(error, self._pool.where))
            middle = len(writes) // 2
            await self._commit(operation, writes[:middle])
            await self._commit(operation, writes[middle:])
        except Exception as error:
            self._fail(writes, translate(error, self._pool.where))
        else:
            self.commits.committed(len(writes), self._loop.time() - began)
            for write, result in zip(writes, results, strict=True):
                write.answer(result)

    def _fail(self, writes: list[_Write], error: Exception) -> None:
        self.commits.failed(isinstance(error, StoreUnavailable))
        for write in writes:
            if not write.done.done():
                write.done.set_exception(error)

    async def _transact(self, operation: Operation, writes: list[_Write]) -> Sequence[Any]:
        items = [write.item for write in writes]
        end = max(writes[0].since + WITHIN, self._loop.time() + AT_LEAST)
        async with asyncio.timeout_at(end), self._pool.session() as session:
            tries = 0
            while True:
                try:
                    async with session.transaction():
                        results = await operation(session, items)
                except asyncpg.CheckViolationError as error:
                    if not await add_day_of(session, missing_moment(error)):
                        raise
                except AGAIN:
                    tries += 1
                    if tries == TRIES:
                        raise
                else:
                    self._told(session.woken)
                    return results


def _as_it_is(result: Result) -> Result:
    return result
