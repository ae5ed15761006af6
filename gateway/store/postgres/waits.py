"""Open waits: opened with what they belong to, found by name and key, resolved once.

The functions are steps of transactions, or operations that take a list and answer a list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence

from gateway.event import Event
from gateway.expression import fields
from gateway.store import rows, values
from gateway.store.postgres.columns import columns
from gateway.store.postgres.groups import Groups
from gateway.store.postgres.pool import Pool
from gateway.store.postgres.session import Session
from gateway.store.records import Candidate, Claimed, NewDelivery, Settlement
from gateway.store.waits import Look, Opened, Wait, Waited, as_it_is
from gateway.wait import NEVER, NewWait, key_of

ToOpen = tuple[str, str, str, NewWait, int]
"""A wait to open: of which delivery, event and subscription, and when (Unix ms)."""


class PostgresWaits:
    """The waits of one database; see `gateway.store.waits.Waits`."""

    def __init__(self, pool: Pool, groups: Groups) -> None:
        self._pool = pool
        self._groups = groups

    async def look(self, limit: int = 200, opened: Opened = as_it_is) -> Look | None:
        return await self._pool.read(lambda session: _look(session, limit, opened))

    async def resolve(self, look: Look, matched: Sequence[int], now: int) -> frozenset[str] | None:
        return await self._groups.write(resolve, (look, matched, now))

    async def time_out(self, now: int, limit: int = 200) -> frozenset[str]:
        return await self._groups.write(time_out, (now, limit))

    async def next_until(self) -> int | None:
        found: int | None = await self._pool.read(lambda session: session.value("next_until"))
        return found

    async def condemned(self, limit: int = 100) -> Sequence[Wait]:
        found = await self._pool.read(lambda session: session.rows("condemned", limit))
        return [rows.wait(row) for row in found]

    async def of(self, delivery_ids: Sequence[str]) -> Sequence[Wait]:
        found = await self._pool.read(lambda session: session.rows("waits_of", list(delivery_ids)))
        return [rows.wait(row) for row in found]

    async def open(self) -> int:
        found: int = await self._pool.read(lambda session: session.value("count_open"))
        return found


async def open_first(session: Session, deliveries: Iterable[tuple[Candidate, values.Row]]) -> list[str]:
    """Open the waits that deliveries are to begin with, before their events are stored. Returns of which."""
    new: list[ToOpen] = []
    for candidate, (delivery_id, event_id, subscription, *_) in deliveries:
        for wait in candidate.waits.get(str(subscription), ()):
            new.append(
                (str(delivery_id), str(event_id), str(subscription), wait, candidate.event.received_at)
            )
    return await _open(session, new, from_now=False)


async def park_first(session: Session, opened: Sequence[str]) -> None:
    """Park the deliveries that waits were opened for."""
    counts = Counter(opened)
    await _count(session, counts)
    await _park(session, counts)


async def open_after(session: Session, settled: Sequence[Settlement]) -> None:
    """Open the waits that attempts end in, and park their deliveries."""
    ids = [one.attempt.delivery_id for one in settled]
    pending = {row["delivery_id"]: row for row in await session.rows("pending_of", ids)}
    new = [
        (id, pending[id]["event_id"], pending[id]["subscription"], wait, one.now)
        for one, id in zip(settled, ids, strict=True)
        if id in pending
        for wait in one.waits
    ]
    counts = Counter(await _open(session, new, from_now=True))
    await _count(session, counts)
    await _park(
        session, {one.attempt.delivery_id: one.seen + counts[one.attempt.delivery_id] for one in settled}
    )


async def open_again(session: Session, made: Sequence[NewDelivery], now: int) -> None:
    """Open the waits of replays, but for those that had an outcome already."""
    new: list[ToOpen] = []
    counts: Counter[str] = Counter()
    there = {
        row["delivery_id"] for row in await session.rows("pending_of", [one.delivery_id for one in made])
    }
    for one in (one for one in made if one.delivery_id in there):
        for wait in one.waits:
            asked = (one.delivery_id, one.event_id, one.subscription, wait.step)
            if await session.count("inherit_outcomes", *asked):
                counts[one.delivery_id] += 1
            else:
                new.append((one.delivery_id, one.event_id, one.subscription, wait, now))
    counts.update(await _open(session, new, from_now=True))
    await _count(session, counts)
    await _park(session, counts)


async def _open(session: Session, new: Sequence[ToOpen], from_now: bool) -> list[str]:
    """Open waits. Returns the delivery of each that was opened."""
    if not new:
        return []
    made = [
        (
            delivery_id,
            wait.step,
            event_id,
            subscription,
            wait.is_pattern,
            wait.topic,
            " ".join(wait.patterns),
            wait.match,
            wait.path,
            wait.key,
            wait.ends,
            session.at(now),
            wait.timeout,
        )
        for delivery_id, event_id, subscription, wait, now in new
    ]
    return [row["delivery_id"] for row in await session.rows("open_waits", *columns(made), from_now)]


async def _count(session: Session, opened: Counter[str]) -> None:
    if opened:
        await session.count("count_waits", list(opened), list(opened.values()))


async def _park(session: Session, seen: Counter[str] | dict[str, int]) -> None:
    if seen:
        await session.count("park", list(seen), list(seen.values()))


async def with_waits(session: Session, claimed: list[Claimed]) -> list[Claimed]:
    """The same, those that have or had waits with them."""
    ids = [one.delivery.delivery_id for one in claimed if one.delivery.waits]
    if not ids:
        return claimed
    waits = [rows.wait(row) for row in await session.rows("waits_of", ids)]
    came = [wait.async_id for wait in waits if wait.async_id]
    events = {row["event_id"]: rows.event(row) for row in await session.rows("waited_events", came)}
    return rows.with_waits(claimed, [Waited(wait, events.get(wait.async_id or "")) for wait in waits])


async def _look(session: Session, limit: int, opened: Opened) -> Look | None:
    first = await session.rows("first_arrival")
    if not first:
        return None
    row = first[0]
    if row["event_id"] is None:
        return Look(row["arrival"], row["cursor"], row["cursor"], None, [], True)
    event = opened(rows.event(row))
    asked = (row["cursor"], row["arrival"], event.received_at, limit)
    found = [one async for one in _candidates(session, event, asked)]
    found.sort(key=lambda one: one[0].seq)
    last = found[:limit][-1][0].seq if found else row["cursor"]
    return Look(row["arrival"], row["cursor"], last, event, found[:limit], len(found) < limit)


async def _candidates(
    session: Session, event: Event, asked: Sequence[int]
) -> AsyncIterator[tuple[Wait, Event]]:
    """So many as are asked for of each name, path and key that fit the event."""
    patterns = await session.rows("awaited_patterns", event.name)
    topics = [(False, event.name), *((True, row["topic"]) for row in patterns)]
    seen = fields(event)
    for topic in topics:
        for path in [row["path"] for row in await session.rows("awaited_paths", *topic)]:
            key = key_of(seen, path) if path else ""
            if path == "" or key != NEVER:
                for row in await session.rows("candidates", *topic, path, key, *asked):
                    yield rows.wait(row), rows.event(row)


async def resolve(
    session: Session, asked: Sequence[tuple[Look, Sequence[int], int]]
) -> list[frozenset[str] | None]:
    """Write down what came of (look, matched) at `now`."""
    return [await _resolve(session, *one) for one in asked]


async def _resolve(session: Session, look: Look, matched: Sequence[int], now: int) -> frozenset[str] | None:
    if look.is_last:
        ours = await session.count("done_with", look.seq, look.cursor)
    else:
        ours = await session.count("go_on", look.seq, look.cursor, look.last)
    if not ours:
        return None
    return await _end(session, matched, "matched", look.arrived.event_id if look.arrived else None, now)


async def time_out(session: Session, asked: Sequence[tuple[int, int]]) -> list[frozenset[str]]:
    """Resolve up to `limit` waits whose time was over before `now`."""
    return [await _time_out(session, now, limit) for now, limit in asked]


async def _time_out(session: Session, now: int, limit: int) -> frozenset[str]:
    late = [row["seq"] for row in await session.rows("timed_out", session.at(now), limit)]
    return await _end(session, late, "timeout", None, now)


async def _end(
    session: Session, seqs: Sequence[int], state: str, async_id: str | None, now: int
) -> frozenset[str]:
    """Give waits that are open still their outcome. Returns the subscriptions that have something due."""
    if not seqs:
        return frozenset()
    await session.rows("lock_waiting", seqs)
    woken = set()
    for row in await session.rows("resolve", seqs, state, async_id, session.at(now)):
        if row["ends"]:
            await session.count("condemn", row["delivery_id"])
            continue
        for due in await session.rows("resume_parked", row["delivery_id"], session.at(now)):
            session.wake(due["subscription"], due["due_at"])
            woken.add(due["subscription"])
    return frozenset(woken)
