"""The store that many nodes share: PostgreSQL, a few connections a process, group commit on each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from gateway.event import compile_patterns, first_id
from gateway.store import rows
from gateway.store.claim import Claim
from gateway.store.contract import Made
from gateway.store.errors import StoreError
from gateway.store.marks import Mark
from gateway.store.places import Place
from gateway.store.postgres import backfills, claims, deliveries, pauses, rejections, retention, watch
from gateway.store.postgres.accept import accept
from gateway.store.postgres.groups import Groups
from gateway.store.postgres.notices import Notices
from gateway.store.postgres.parts import Parts
from gateway.store.postgres.pool import Pool
from gateway.store.postgres.schema import migrate, plan, prepare
from gateway.store.postgres.session import Clock
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
from gateway.store.watch import Awaited, KeptAnswer, Watched
from gateway.telemetry.counts import Commits
from gateway.verdict import Verdict, VerdictCount

__all__ = ["PostgresStore", "plan", "prepare"]

Record = TypeVar("Record")


class PostgresStore(Parts):
    """One PostgreSQL database that keeps the contract of `gateway.store.contract.Store`.

    Any number of nodes may work on it. What one of them asks of the clock, the database's clock answers.
    """

    def __init__(self, url: str, connections: int = 4, clock: Clock = "database") -> None:
        """`connections` at most, and one more to listen on. `clock` is the caller's in tests only."""
        self._pool = Pool(url, connections, clock)
        self._floors = claims.Floors()
        self._notices = Notices(url, self._pool, self._floors.lower)
        alone = (self._floors.claim_in_order, deliveries.settle_in_order)
        self._groups = Groups(self._pool, max(1, connections - 1), self._tell, alone)
        super().__init__(self._groups, self._pool, self._floors)

    @classmethod
    async def open(
        cls, url: str, may_migrate: bool = True, connections: int = 4, clock: Clock = "database"
    ) -> PostgresStore:
        """Open the database of `url`, making or migrating its tables first where that is allowed."""
        await migrate(url, may_migrate)
        return cls(url, connections, clock)

    @property
    def commits(self) -> Commits:
        return self._groups.commits

    def accept(self, candidates: Sequence[Candidate]) -> asyncio.Future[Sequence[Outcome]]:
        return self._groups.write(accept, candidates)

    def accept_preparing(
        self, candidates: Sequence[Candidate], prepare: Callable[[Sequence[Outcome]], Made]
    ) -> asyncio.Future[Made]:
        return self._groups.write_preparing(accept, candidates, prepare)

    async def reject(self, rejection: Rejection) -> None:
        await self._groups.write(rejections.reject, rejection)

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
        asked = Claim(slots, leases, now, owner, ordered, retries or {}, prioritized).apart()
        return claims.together(asked, await asyncio.gather(*map(self._claim, asked), return_exceptions=True))

    async def expired(self, now: int, limit: int = 100) -> Sequence[Claimed]:
        return await self._pool.read(lambda session: claims.expired(session, now, limit))

    async def settle(self, settlement: Settlement) -> bool:
        in_order = settlement.ordered is not None
        operation = deliveries.settle_in_order if in_order else deliveries.settle
        return await self._groups.write(operation, settlement)

    async def owners(self) -> Sequence[str]:
        return await self._list("owners", (), lambda row: row["leased_by"])

    async def disown(self, owner: str, now: int) -> int:
        return await self._groups.write(deliveries.disown, (owner, now))

    async def replay(self, new: Sequence[NewDelivery], now: int) -> int:
        return await self._groups.write(deliveries.replay, (new, now))

    async def cancel(self, cancellations: Sequence[Cancellation]) -> int:
        return await self._groups.write(deliveries.cancel, cancellations)

    async def pause(self, subscription: str, reason: str, now: int) -> bool:
        return await self._groups.write(pauses.pause, (subscription, reason, now))

    async def resume(self, subscription: str, emit: Sequence[Candidate] = ()) -> bool:
        return await self._groups.write(pauses.resume, (subscription, emit))

    async def mark_released(self, rejection_id: str, now: int) -> None:
        await self._groups.write(rejections.mark_released, (rejection_id, now))

    async def purge(self, retain: Retention, limit: int = 500) -> Purged:
        return await retention.purge(self._pool, retain, limit)

    async def purgeable(self, retain: Retention) -> Purged:
        return await self._pool.read(lambda session: retention.purgeable(session, retain))

    async def erase(self, event_id: str) -> bool:
        return await self._groups.write(retention.erase, event_id)

    async def listen(self, wake: Callable[[Iterable[str]], None]) -> None:
        await self._notices.listen(wake)

    async def ready(self, now: int) -> None:
        await self._groups.write(rejections.heartbeat, now)

    async def event(self, id: str) -> Stored | None:
        by_event_id = await self._list("event_by_event_id", (id,), rows.stored)
        found = by_event_id or await self._list("event_by_id", (id,), rows.stored)
        return found[0] if found else None

    async def events(self, query: Query) -> Sequence[Stored]:
        since = None if query.since is None else first_id(query.since)
        asked = (query.source, _expression(query.name), since, query.before, query.after, query.limit)
        return await self._list("events", asked, rows.stored)

    async def duplicates(self, query: Query) -> Sequence[Duplicate]:
        if query.event_id is not None:
            asked: tuple[object, ...] = (query.event_id, query.before, query.limit)
            return await self._list("duplicates_of", asked, rows.duplicate)
        asked = (query.source, _expression(query.name), query.since, query.before, query.after, query.limit)
        return await self._list("duplicates", asked, rows.duplicate)

    async def rejections(self, query: Query, quarantined: bool = False) -> Sequence[Rejection]:
        asked = (query.source, query.since, query.before, quarantined, query.limit)
        return await self._list("rejections", asked, rows.rejection)

    async def rejection_counts(self) -> Sequence[RejectionCount]:
        return await self._list("rejection_counts", (), rows.rejection_count)

    async def deliveries(self, query: Query) -> Sequence[Delivery]:
        tail = (query.state, query.subscription, query.before)
        if query.event_id is not None:
            return await self._list("deliveries_of", (query.event_id, *tail, query.limit), rows.delivery)
        asked = (query.source, _expression(query.name), query.since, *tail, query.after, query.limit)
        return await self._list("deliveries", asked, rows.delivery)

    async def delivery(self, delivery_id: str) -> Delivery | None:
        found = await self._list("delivery", (delivery_id,), rows.delivery)
        return found[0] if found else None

    async def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        return await self._list("attempts", (delivery_id,), rows.attempt)

    async def verdicts(self, event_id: str) -> Sequence[Verdict]:
        return await self._list("verdicts", (event_id,), rows.verdict)

    async def verdict_counts(self, subscriptions: Sequence[str]) -> Sequence[VerdictCount]:
        return await self._list("verdict_counts", (list(subscriptions),), rows.verdict_count)

    async def waiting(self) -> Mapping[str, int]:
        return dict(await self._list("waiting", (), lambda row: (row["subscription"], row["count"])))

    async def backlog(self, now: int) -> Sequence[Backlog]:
        found = await self._pool.read(lambda session: session.rows("backlog", session.at(now)))
        return [Backlog(*row) for row in found]

    async def paused(self) -> Sequence[Pause]:
        return await self._list("paused", (), rows.pause)

    async def keep_answer(self, kept: KeptAnswer) -> None:
        await self._groups.write(watch.keep_answers, kept)

    async def awaited(self, pairs: Sequence[tuple[str, str]]) -> Sequence[Awaited]:
        return await self._pool.read(lambda session: watch.awaited(session, pairs)) if pairs else []

    async def answer(self, delivery_id: str) -> KeptAnswer | None:
        return await self._pool.read(lambda session: watch.answer(session, delivery_id))

    async def watch(self, heard: Mapping[str, int | None], gap: int, now: int) -> Sequence[Watched]:
        return await self._groups.write(watch.watch, watch.Look(heard, gap, now))

    async def tell_silent(self, source: str, counted_from: int, now: int, emit: Candidate) -> bool:
        return await self._groups.write(watch.tell_silent, (source, counted_from, now, emit))

    async def silences(self) -> Mapping[str, int]:
        return dict(await self._list("silences", (), lambda row: (row["source"], row["counted_from"])))

    async def tell_rejected(self, source: str, period: int, now: int, emit: Candidate) -> bool:
        return await self._groups.write(watch.tell_rejected, (source, period, now, emit))

    async def has_accepted(self, source: str, since: int) -> bool:
        asked = (first_id(since), since, source)
        return bool(await self._pool.read(lambda session: session.value("has_accepted", *asked)))

    async def known(self, source: str, keys: Sequence[str]) -> frozenset[str]:
        return frozenset(await self._list("known", (source, list(keys)), lambda row: str(row["key"])))

    async def begin_backfill(self, source: str, account: str, now: int, until: int) -> Place | None:
        return await self._groups.write(backfills.begin, (Place(source, account), now, until))

    async def mark_backfill(self, place: Place, until: int) -> None:
        await self._groups.write(backfills.mark, (place, until))

    async def marks(self, times: Sequence[int]) -> Sequence[Mark]:
        ids = [first_id(time) for time in times]
        return await self._list("marks", (ids,), lambda row: Mark(**dict(row)))

    async def dead_letters(self, since: int, width: int) -> Mapping[int, int]:
        return dict(await self._list("dead_letters", (since, width), lambda row: (row["span"], row["dead"])))

    async def last_seen(self, sources: Sequence[str]) -> Mapping[str, int]:
        found = await self._list("last_seen", (list(sources),), lambda row: (row["name"], row["at"]))
        return {name: at for name, at in found if at is not None}

    async def close(self) -> None:
        await self._groups.close()
        await self._notices.close()
        await self._pool.close()

    async def _claim(self, asked: Claim) -> ClaimResult:
        in_order = not asked.slots.keys().isdisjoint(asked.ordered)
        operation = self._floors.claim_in_order if in_order else self._floors.claim
        try:
            return await self._groups.write(operation, asked)
        except StoreError:
            self._floors.forget(asked.slots)
            raise

    def _tell(self, woken: Mapping[str, int | None]) -> None:
        self._floors.lower(woken)
        self._notices.tell(woken)

    async def _list(
        self, statement: str, values: Sequence[object], record: Callable[[rows.Row], Record]
    ) -> list[Record]:
        found = await self._pool.read(lambda session: session.rows(statement, *values))
        return [record(row) for row in found]


def _expression(pattern: str | None) -> str | None:
    """A pattern of names as PostgreSQL's regular expression, for the whole name."""
    return None if pattern is None else f"^(?:{compile_patterns([pattern]).pattern})$"
