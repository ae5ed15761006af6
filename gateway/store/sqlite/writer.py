"""Group commit: there is one writing connection, and what waits for it shares a transaction.

A write is an operation and an item. The operation is a function of the connection and a list of items
that returns one result an item; items of one operation that wait at the same time are done in one call.
Nothing is answered before the transaction that holds it is on disk.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from gateway.store.errors import StoreError, StoreUnavailable
from gateway.store.sqlite.connection import BUSY_TIMEOUT, connect, translate
from gateway.telemetry.counts import Commits

Item = TypeVar("Item")
Result = TypeVar("Result")
Made = TypeVar("Made")
Operation = Callable[[sqlite3.Connection, Sequence[Any]], Sequence[Any]]

MAX_GROUP = 512
"""Writes in one transaction at most, so that the first of them does not wait for a long queue."""

GATHERING = 0.002
"""Seconds to let more writes join a transaction, at most: until it has as many as the one before.

Under load this makes fewer and larger transactions: measured, a third less processor time a webhook. A write
that comes alone never waits.
"""

MANY = 8
"""Writes in a group whose answers are prepared while the disk works. For fewer it is not worth the wait until
the thread has begun its COMMIT."""

PATIENT = f"PRAGMA busy_timeout = {round(BUSY_TIMEOUT * 1000)}"
IMPATIENT = "PRAGMA busy_timeout = 0"
"""The thread waits for another process that writes; the loop never does, and leaves the group to it."""


@dataclass(slots=True)
class _Write:
    operation: Operation
    item: Any
    prepare: Callable[[Any], Any]
    done: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None

    def prepared(self) -> None:
        """Make of the result what the future will be done with; and let go of the item, which is written."""
        prepare, self.prepare, self.item = self.prepare, _as_it_is, None
        try:
            self.result = prepare(self.result)
        except Exception as error:
            self.error = error

    def answer(self) -> None:
        """It is on disk, or failed."""
        if self.error is None:
            self.prepared()
        if self.done.done():
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)


@dataclass(frozen=True, slots=True)
class _Job:
    """What the thread gets: a group, and whether only its COMMIT is left to do.

    `since` is when its transaction began (time.perf_counter), `awaited` that the loop waits for its COMMIT.
    """

    writes: list[_Write]
    begun: bool
    since: float
    awaited: bool


class Writer:
    """Writes in groups. Its methods are called on the event loop that made it.

    A group of quick operations is written on the loop itself, and only its COMMIT, which waits for the disk,
    in the thread: two threads that both run Python take turns at the interpreter, and each turn costs more
    than a row. Measured, that takes a third off the processor time of a webhook. Everything else, and a group
    that another process or an error holds up, is the thread's from beginning to end.
    """

    def __init__(self, path: Path, quick: Collection[Operation] = ()) -> None:
        """`quick` are operations that take microseconds an item."""
        self._path = path
        self._quick = frozenset(quick)
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Write] = []
        self._db: sqlite3.Connection | None = None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._committing = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name="gateway-writer", daemon=True)
        self._busy = False
        self._last = 0
        self._gathering: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        self.commits = Commits()
        self._thread.start()

    def write(
        self, operation: Callable[[sqlite3.Connection, Sequence[Item]], Sequence[Result]], item: Item
    ) -> asyncio.Future[Result]:
        """Do `operation` on `item` in the next transaction. A StoreError says that nothing was written."""
        return self.write_preparing(operation, item, _as_it_is)

    def write_preparing(
        self,
        operation: Callable[[sqlite3.Connection, Sequence[Item]], Sequence[Result]],
        item: Item,
        prepare: Callable[[Result], Made],
    ) -> asyncio.Future[Made]:
        """As `write`; the future is done with what `prepare` makes of the result, or with what it raises.

        `prepare` may be called while the disk works, and the write then fail all the same.
        """
        done: asyncio.Future[Made] = self._loop.create_future()
        if self._closed:
            done.set_exception(StoreUnavailable(f"{self._path}: the store is closed"))
            return done
        self._waiting.append(_Write(operation, item, prepare, done))
        if not self._busy:
            self._busy = True
            self._idle.clear()
            self._loop.call_soon(self._begin)
        elif self._gathering is not None and len(self._waiting) >= self._last:
            self._gathering.cancel()
            self._gathering = None
            self._loop.call_soon(self._begin)
        return done

    async def close(self) -> None:
        """Finish what waits, then end the thread."""
        if not self._closed:
            self._closed = True
            await self._idle.wait()
            self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _begin(self) -> None:
        """The next group: all that waits, of one kind, quick or not, up to MAX_GROUP."""
        self._gathering = None
        waiting, self._waiting = self._waiting, []
        is_quick = waiting[0].operation in self._quick
        group = [write for write in waiting if (write.operation in self._quick) == is_quick][:MAX_GROUP]
        if len(group) < len(waiting):
            taken = set(map(id, group))
            self._waiting = [write for write in waiting if id(write) not in taken]
        self._last = len(group)
        since = time.perf_counter()
        begun = is_quick and self._begun(group)
        job = _Job(group, begun, since, awaited=begun and len(group) >= MANY)
        self._jobs.put(job)
        if job.awaited:
            self._prepare(group)

    def _begun(self, group: list[_Write]) -> bool:
        """Whether the group is written but for its COMMIT. False: nothing is, and the thread does it all."""
        if self._db is None:
            return False
        try:
            _perform(self._db, group)
        except Exception:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            return False
        return True

    def _prepare(self, group: list[_Write]) -> None:
        """Make the answers ready while the disk works: most of them once the COMMIT, which needs no lock, is
        under way. The thread takes about as long to wake up as the first few take.
        """
        for write in group[:MANY]:
            write.prepared()
        self._committing.acquire()
        for write in group[MANY:]:
            write.prepared()

    def _finished(self, job: _Job) -> None:
        """A group is on disk, or failed: answer, and go on with what came meanwhile."""
        for write in job.writes:
            write.answer()
        if not self._waiting:
            self._busy = False
            self._idle.set()
        elif 1 < self._last > len(self._waiting):
            self._gathering = self._loop.call_later(GATHERING, self._begin)
        else:
            self._begin()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.begun:
                self._db = self._commit_begun(self._db, job)
            else:
                self._db = self._commit(self._db, job.writes)
            self._loop.call_soon_threadsafe(self._finished, job)
        if self._db is not None:
            self._db.close()

    def _commit_begun(self, db: sqlite3.Connection | None, job: _Job) -> sqlite3.Connection | None:
        assert db is not None, "what was begun was begun on a connection"
        if job.awaited:
            self._committing.release()
        try:
            db.execute("COMMIT")
        except sqlite3.Error as error:
            self._fail(job.writes, translate(error, self._path))
            db.close()
            return None
        self.commits.committed(len(job.writes), time.perf_counter() - job.since)
        return db

    def _commit(self, db: sqlite3.Connection | None, writes: list[_Write]) -> sqlite3.Connection | None:
        """One transaction for all; where one write is at fault, one for each, so that it fails alone.

        A connection that failed is given up: the next group gets a fresh one (None).
        """
        try:
            db = db or connect(self._path)
            began = time.perf_counter()
            _transact(db, writes)
            self.commits.committed(len(writes), time.perf_counter() - began)
            db.execute(IMPATIENT)
        except (sqlite3.Error, StoreError) as error:
            failure = translate(error, self._path) if isinstance(error, sqlite3.Error) else error
            if db is not None and isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
                return self._commit_each(db, writes, failure)
            self._fail(writes, failure)
            if db is not None:
                db.close()
            return None
        except Exception as error:
            return self._commit_each(db, writes, error) if db is not None else None
        return db

    def _commit_each(
        self, db: sqlite3.Connection, writes: list[_Write], error: Exception
    ) -> sqlite3.Connection | None:
        if len(writes) == 1:
            self._fail(writes, error)
            return db
        current: sqlite3.Connection | None = db
        for write in writes:
            current = self._commit(current, [write])
        return current

    def _fail(self, writes: list[_Write], error: Exception) -> None:
        self.commits.failed(isinstance(error, StoreUnavailable))
        for write in writes:
            write.error = error


def _perform(db: sqlite3.Connection, writes: list[_Write]) -> None:
    """Begin a transaction and do the writes in it; those of one operation in one call."""
    db.execute("BEGIN IMMEDIATE")
    for operation in dict.fromkeys(write.operation for write in writes):
        same = [write for write in writes if write.operation is operation]
        results = operation(db, [write.item for write in same])
        for write, result in zip(same, results, strict=True):
            write.result = result


def _transact(db: sqlite3.Connection, writes: list[_Write]) -> None:
    db.execute(PATIENT)
    try:
        _perform(db, writes)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _as_it_is(result: Result) -> Result:
    return result
