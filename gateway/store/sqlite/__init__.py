"""The embedded store: SQLite in WAL mode, synchronous=FULL, one writing thread, readers apart."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import orjson

from gateway.event import first_id
from gateway.store import rows
from gateway.store.claim import Claim
from gateway.store.errors import StoreError
from gateway.store.marks import Mark
from gateway.store.places import Place
from gateway.store.records import (
    Attempt,
    Backlog,
    Cancellation,
    Candidate,
    Claimed,
    ClaimResult,
    Delivery,
    Duplicate,
    NewDelivery,
    Outcome,
    Pause,
    Query,
    Settlement,
    Stored,
)
from gateway.store.rejections import Rejection, RejectionCount
from gateway.store.retention import Purged, Retention
from gateway.store.sqlite import backfills, deliveries, pauses, rejections, retention, watch
from gateway.store.sqlite.accept import SQL, accept
from gateway.store.sqlite.connection import connect, translated
from gateway.store.sqlite.parts import Parts
from gateway.store.sqlite.schema import plan, prepare
from gateway.store.sqlite.writer import Writer
from gateway.store.statements import load
from gateway.store.watch import Awaited, KeptAnswer, Watched
from gateway.telemetry.counts import Commits
from gateway.verdict import Verdict, VerdictCount

__all__ = ["SqliteStore", "plan", "prepare"]

LISTEN_EVERY = 0.05
"""Seconds from one look for other processes' deliveries to the next: a look costs some 100 µs."""

READS = load("gateway.store.sqlite", "reads.sql")
Record = TypeVar("Record")
Made = TypeVar("Made")


class SqliteStore(Parts):
    """One SQLite file that keeps the contract of `gateway.store.contract.Store`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer = Writer(path, quick=[accept])
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._listening: asyncio.Task[None] | None = None
        super().__init__(self._writer, self._read)

    @classmethod
    async def open(cls, path: Path, may_migrate: bool = True) -> SqliteStore:
        """Open `path`, making its folder (0700) and tables or migrating them first where that is allowed."""
        await asyncio.to_thread(prepare, path, may_migrate)
        return cls(path)

    @property
    def commits(self) -> Commits:
        return self._writer.commits

    def accept(self, candidates: Sequence[Candidate]) -> asyncio.Future[Sequence[Outcome]]:
        return self._writer.write(accept, candidates)

    def accept_preparing(
        self, candidates: Sequence[Candidate], prepare: Callable[[Sequence[Outcome]], Made]
    ) -> asyncio.Future[Made]:
        return self._writer.write_preparing(accept, candidates, prepare)

    async def reject(self, rejection: Rejection) -> None:
        await self._writer.write(rejections.reject, rejection)

    async def claim(
        self,
        slots: Mapping[str, int],
        leases: Mapping[str, int],
        now: int,
        owner: str,
        ordered: Collection[str] = (),
        retries: Mapping[str, int] | None = None,
        prioritized: Collection[str] = (),
    ) -> ClaimResult:
        asked = Claim(slots, leases, now, owner, ordered, retries or {}, prioritized)
        return await self._writer.write(deliveries.claim, asked)

    async def expired(self, now: int, limit: int = 100) -> Sequence[Claimed]:
        return await self._read(lambda db: deliveries.expired(db, now, limit))

    async def settle(self, settlement: Settlement) -> bool:
        return await self._writer.write(deliveries.settle, settlement)

    async def owners(self) -> Sequence[str]:
        return await self._read(lambda db: [row[0] for row in db.execute(SQL["owners"])])

    async def disown(self, owner: str, now: int) -> int:
        return await self._writer.write(deliveries.disown, (owner, now))

    async def replay(self, new: Sequence[NewDelivery], now: int) -> int:
        return await self._writer.write(deliveries.replay, (new, now))

    async def cancel(self, cancellations: Sequence[Cancellation]) -> int:
        return await self._writer.write(deliveries.cancel, cancellations)

    async def pause(self, subscription: str, reason: str, now: int) -> bool:
        return await self._writer.write(pauses.pause, (subscription, reason, now))

    async def resume(self, subscription: str, emit: Sequence[Candidate] = ()) -> bool:
        return await self._writer.write(pauses.resume, (subscription, emit))

    async def mark_released(self, rejection_id: str, now: int) -> None:
        await self._writer.write(rejections.mark_released, (rejection_id, now))

    async def purge(self, retain: Retention, limit: int = 500) -> Purged:
        return await self._writer.write(retention.purge, (retain, limit))

    async def purgeable(self, retain: Retention) -> Purged:
        asked = asdict(retain) | {"before_id": first_id(retain.events_before)}
        return await self._read(lambda db: Purged(*db.execute(READS["purgeable"], asked).fetchone()))

    async def erase(self, event_id: str) -> bool:
        return await self._writer.write(retention.erase, event_id)

    async def listen(self, wake: Callable[[Iterable[str]], None]) -> None:
        """SQLite tells nobody of other processes' writes, so the newest deliveries are asked for."""
        newest = await self._read(lambda db: db.execute(READS["newest_delivery"]).fetchone()[0])
        self._listening = asyncio.create_task(self._listen(wake, newest))

    async def _listen(self, wake: Callable[[Iterable[str]], None], newest: int) -> None:
        while True:
            await asyncio.sleep(LISTEN_EVERY)
            with contextlib.suppress(StoreError):
                found = await self._list("newer_deliveries", {"seq": newest}, tuple)
                newest = max([newest, *(seq for _, seq in found)])
                wake([subscription for subscription, _ in found])

    async def ready(self, now: int) -> None:
        await self._writer.write(rejections.heartbeat, now)

    async def event(self, id: str) -> Stored | None:
        by_event_id = await self._list("event_by_event_id", {"id": id}, rows.stored)
        found = by_event_id or await self._list("event_by_id", {"id": id}, rows.stored)
        return found[0] if found else None

    async def events(self, query: Query) -> Sequence[Stored]:
        since = None if query.since is None else first_id(query.since)
        name = "events" if query.source is None else "events_from"
        return await self._list(name, asdict(query) | {"since": since}, rows.stored)

    async def duplicates(self, query: Query) -> Sequence[Duplicate]:
        name = "duplicates" if query.event_id is None else "duplicates_of"
        return await self._list(name, asdict(query), rows.duplicate)

    async def rejections(self, query: Query, quarantined: bool = False) -> Sequence[Rejection]:
        return await self._list("rejections", asdict(query) | {"quarantined": quarantined}, rows.rejection)

    async def rejection_counts(self) -> Sequence[RejectionCount]:
        return await self._list("rejection_counts", {}, rows.rejection_count)

    async def deliveries(self, query: Query) -> Sequence[Delivery]:
        name = "dead_deliveries" if query.state == "dead" else "deliveries"
        name = name if query.event_id is None else "deliveries_of"
        return await self._list(name, asdict(query), rows.delivery)

    async def delivery(self, delivery_id: str) -> Delivery | None:
        found = await self._list("delivery", {"id": delivery_id}, rows.delivery)
        return found[0] if found else None

    async def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        return await self._list("attempts", {"id": delivery_id}, rows.attempt)

    async def verdicts(self, event_id: str) -> Sequence[Verdict]:
        return await self._list("verdicts", {"event_id": event_id}, rows.verdict)

    async def verdict_counts(self, subscriptions: Sequence[str]) -> Sequence[VerdictCount]:
        asked = {"subscriptions": orjson.dumps(list(subscriptions)).decode()}
        return await self._list("verdict_counts", asked, rows.verdict_count)

    async def waiting(self) -> Mapping[str, int]:
        return await self._read(lambda db: dict(tuple(row) for row in db.execute(READS["waiting"])))

    async def backlog(self, now: int) -> Sequence[Backlog]:
        return await self._list("backlog", {"now": now}, lambda row: Backlog(*row))

    async def paused(self) -> Sequence[Pause]:
        return await self._list("paused", {}, rows.pause)

    async def keep_answer(self, kept: KeptAnswer) -> None:
        await self._writer.write(watch.keep_answers, kept)

    async def awaited(self, pairs: Sequence[tuple[str, str]]) -> Sequence[Awaited]:
        return await self._read(lambda db: watch.awaited(db, pairs)) if pairs else []

    async def answer(self, delivery_id: str) -> KeptAnswer | None:
        return await self._read(lambda db: watch.answer(db, delivery_id))

    async def watch(self, heard: Mapping[str, int | None], gap: int, now: int) -> Sequence[Watched]:
        return await self._writer.write(watch.watch, watch.Look(heard, gap, now))

    async def tell_silent(self, source: str, counted_from: int, now: int, emit: Candidate) -> bool:
        return await self._writer.write(watch.tell_silent, (source, counted_from, now, emit))

    async def silences(self) -> Mapping[str, int]:
        return await self._read(lambda db: dict(map(tuple, db.execute(watch.SQL["silences"]))))

    async def tell_rejected(self, source: str, period: int, now: int, emit: Candidate) -> bool:
        return await self._writer.write(watch.tell_rejected, (source, period, now, emit))

    async def has_accepted(self, source: str, since: int) -> bool:
        asked = {"source": source, "since": since, "since_id": first_id(since)}
        return await self._read(lambda db: bool(db.execute(watch.SQL["has_accepted"], asked).fetchone()[0]))

    async def known(self, source: str, keys: Sequence[str]) -> frozenset[str]:
        asked = {"source": source, "keys": orjson.dumps(keys).decode()}
        return frozenset(await self._list("known", asked, lambda row: str(row[0])))

    async def begin_backfill(self, source: str, account: str, now: int, until: int) -> Place | None:
        return await self._writer.write(backfills.begin, (Place(source, account), now, until))

    async def mark_backfill(self, place: Place, until: int) -> None:
        await self._writer.write(backfills.mark, (place, until))

    async def marks(self, times: Sequence[int]) -> Sequence[Mark]:
        ids = [{"id": first_id(time)} for time in times]
        return await self._read(lambda db: [Mark(*db.execute(READS["mark"], id).fetchone()) for id in ids])

    async def dead_letters(self, since: int, width: int) -> Mapping[int, int]:
        asked = {"since": since, "width": width}
        return await self._read(lambda db: dict(map(tuple, db.execute(READS["dead_letters"], asked))))

    async def last_seen(self, sources: Sequence[str]) -> Mapping[str, int]:
        def read(db: sqlite3.Connection) -> dict[str, int]:
            found = {name: db.execute(READS["last_seen"], {"source": name}).fetchone() for name in sources}
            return {name: row[0] for name, row in found.items() if row is not None}

        return await self._read(read)

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._writer.close()
        while self._readers:
            self._readers.pop().close()

    async def _list(
        self, statement: str, values: Mapping[str, Any], record: Callable[[sqlite3.Row], Record]
    ) -> list[Record]:
        return await self._read(lambda db: [record(row) for row in db.execute(READS[statement], values)])

    async def _read(self, read: Callable[[sqlite3.Connection], Made]) -> Made:
        return await asyncio.to_thread(self._reading, read)

    def _reading(self, read: Callable[[sqlite3.Connection], Made]) -> Made:
        """Read on a connection of this thread's own, so that readers never wait for the writer."""
        if not hasattr(self._local, "db"):
            self._local.db = connect(self._path)
            self._readers.append(self._local.db)
        db: sqlite3.Connection = self._local.db
        with translated(self._path):
            return read(db)
