"""Open waits: opened with what they belong to, found by name and key, resolved once.

The functions are steps of transactions, or operations that take a list and answer a list.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import orjson

from gateway.event import Event
from gateway.expression import fields
from gateway.store import rows, values
from gateway.store.records import Candidate, Claimed, NewDelivery, Settlement
from gateway.store.sqlite.writer import Writer
from gateway.store.statements import load
from gateway.store.waits import Look, Opened, Wait, Waited, as_it_is
from gateway.wait import NEVER, NewWait, key_of

SQL = load("gateway.store.sqlite", "waits.sql")
Read = Callable[[Callable[[sqlite3.Connection], Any]], Awaitable[Any]]


class SqliteWaits:
    """The waits of one file; see `gateway.store.waits.Waits`."""

    def __init__(self, read: Read, writer: Writer) -> None:
        """`read` runs a function on a connection that reads."""
        self._read = read
        self._writer = writer

    async def look(self, limit: int = 200, opened: Opened = as_it_is) -> Look | None:
        found: Look | None = await self._read(lambda db: _look(db, limit, opened))
        return found

    async def resolve(self, look: Look, matched: Sequence[int], now: int) -> frozenset[str] | None:
        return await self._writer.write(resolve, (look, matched, now))

    async def time_out(self, now: int, limit: int = 200) -> frozenset[str]:
        return await self._writer.write(time_out, (now, limit))

    async def next_until(self) -> int | None:
        found: int | None = await self._read(lambda db: db.execute(SQL["next_until"]).fetchone()[0])
        return found

    async def condemned(self, limit: int = 100) -> Sequence[Wait]:
        return await self._waits("condemned", {"limit": limit})

    async def of(self, delivery_ids: Sequence[str]) -> Sequence[Wait]:
        return await self._waits("waits_of", {"delivery_ids": _json(delivery_ids)})

    async def open(self) -> int:
        found: int = await self._read(lambda db: db.execute(SQL["count_open"]).fetchone()[0])
        return found

    async def _waits(self, statement: str, asked: dict[str, object]) -> list[Wait]:
        found: list[Wait] = await self._read(
            lambda db: [rows.wait(row) for row in db.execute(SQL[statement], asked)]
        )
        return found


def open_first(db: sqlite3.Connection, deliveries: Iterable[tuple[Candidate, values.Row]]) -> None:
    """Open the waits that deliveries begin with."""
    for candidate, (delivery_id, _, subscription, *_) in deliveries:
        if candidate.waits and (new := candidate.waits.get(str(subscription))):
            _open(db, str(delivery_id), new, candidate.event.received_at, from_now=False)
            _park(db, str(delivery_id), len(new))


def open_after(db: sqlite3.Connection, settled: Settlement) -> None:
    """Open the waits that an attempt ends in, and park its delivery."""
    id = settled.attempt.delivery_id
    opened = _open(db, id, settled.waits, settled.now, from_now=True)
    _park(db, id, settled.seen + opened)


def open_again(db: sqlite3.Connection, new: NewDelivery, now: int) -> None:
    """Open the waits of a replay, but for those that had an outcome already."""
    open_ones = [wait for wait in new.waits if not _inherit(db, new, wait)]
    inherited = len(new.waits) - len(open_ones)
    db.execute(SQL["count_waits"], {"delivery_id": new.delivery_id, "opened": inherited})
    opened = _open(db, new.delivery_id, open_ones, now, from_now=True)
    _park(db, new.delivery_id, inherited + opened)


def _inherit(db: sqlite3.Connection, new: NewDelivery, wait: NewWait) -> bool:
    asked = {
        "delivery_id": new.delivery_id,
        "event_id": new.event_id,
        "subscription": new.subscription,
        "step": wait.step,
    }
    return db.execute(SQL["inherit_outcomes"], asked).rowcount == 1


def _open(db: sqlite3.Connection, id: str, new: Sequence[NewWait], now: int, from_now: bool) -> int:
    """Open waits and count them as their delivery's. Returns how many."""
    opened = sum(db.execute(SQL["open_wait"], _row(id, wait, now, from_now)).rowcount for wait in new)
    db.execute(SQL["count_waits"], {"delivery_id": id, "opened": opened})
    return opened


def _park(db: sqlite3.Connection, delivery_id: str, seen: int) -> None:
    db.execute(SQL["park"], {"delivery_id": delivery_id, "seen": seen})


def _row(delivery_id: str, wait: NewWait, now: int, from_now: bool) -> dict[str, object]:
    return {
        "delivery_id": delivery_id,
        "step": wait.step,
        "is_pattern": wait.is_pattern,
        "topic": wait.topic,
        "patterns": " ".join(wait.patterns),
        "match": wait.match,
        "path": wait.path,
        "key": wait.key,
        "ends": wait.ends,
        "opened_at": now,
        "until": None if wait.timeout is None else now + wait.timeout,
        "from_now": from_now,
    }


def note_arrivals(db: sqlite3.Connection, fresh: Sequence[Candidate]) -> None:
    """Note the events that open waits may be for: one look where there is no open wait at all."""
    if not db.execute(SQL["any_open"]).fetchone()[0]:
        return
    asked = {"names": _json(list({c.event.name for c in fresh}))}
    names = {row[0] for row in db.execute(SQL["awaited_names"], asked)}
    patterns = _patterns(db)
    arrived = [
        c.event.event_id
        for c in fresh
        if c.event.name in names or any(_regex(p).fullmatch(c.event.name) for p in patterns)
    ]
    if arrived:
        db.execute(SQL["note_arrivals"], {"event_ids": _json(arrived)})


def _patterns(db: sqlite3.Connection) -> list[str]:
    return [row[0] for row in db.execute(SQL["awaited_patterns"])]


@lru_cache(maxsize=256)
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def with_waits(db: sqlite3.Connection, claimed: list[Claimed]) -> list[Claimed]:
    """The same, those that have or had waits with them."""
    ids = [one.delivery.delivery_id for one in claimed if one.delivery.waits]
    if not ids:
        return claimed
    waits = [rows.wait(row) for row in db.execute(SQL["waits_of"], {"delivery_ids": _json(ids)})]
    came = _json([wait.async_id for wait in waits if wait.async_id])
    events = {
        row["event_id"]: rows.event(row) for row in db.execute(SQL["waited_events"], {"event_ids": came})
    }
    return rows.with_waits(claimed, [Waited(wait, events.get(wait.async_id or "")) for wait in waits])


def _look(db: sqlite3.Connection, limit: int, opened: Opened) -> Look | None:
    db.execute("BEGIN")  # all that it reads is of one moment
    try:
        row = db.execute(SQL["first_arrival"]).fetchone()
        if row is None:
            return None
        if row["event_id"] is None:
            return Look(row["arrival"], row["cursor"], row["cursor"], None, [], True)
        event = opened(rows.event(row))
        found = sorted(_candidates(db, event, row["arrival"], row["cursor"], limit), key=lambda c: c[0].seq)
        last = found[:limit][-1][0].seq if found else row["cursor"]
        return Look(row["arrival"], row["cursor"], last, event, found[:limit], len(found) < limit)
    finally:
        db.execute("COMMIT")


def _candidates(
    db: sqlite3.Connection, event: Event, arrival: int, cursor: int, limit: int
) -> Iterator[tuple[Wait, Event]]:
    """Up to `limit` of each name, path and key that fit the event."""
    topics = [(0, event.name)] + [(1, p) for p in _patterns(db) if _regex(p).fullmatch(event.name)]
    seen = fields(event)
    asked = {"cursor": cursor, "arrival": arrival, "received_at": event.received_at, "limit": limit}
    for is_pattern, topic in topics:
        named = {"is_pattern": is_pattern, "topic": topic}
        for path in [row[0] for row in db.execute(SQL["awaited_paths"], named)]:
            key = key_of(seen, path) if path else ""
            if path == "" or key != NEVER:
                for row in db.execute(SQL["candidates"], asked | named | {"path": path, "key": key}):
                    yield rows.wait(row), rows.event(row)


def resolve(
    db: sqlite3.Connection, asked: Sequence[tuple[Look, Sequence[int], int]]
) -> list[frozenset[str] | None]:
    """Write down what came of (look, matched) at `now`."""
    return [_resolve(db, *one) for one in asked]


def _resolve(db: sqlite3.Connection, look: Look, matched: Sequence[int], now: int) -> frozenset[str] | None:
    place = {"seq": look.seq, "before": look.cursor}
    if look.is_last:
        is_ours = db.execute(SQL["done_with"], place).rowcount == 1
    else:
        is_ours = db.execute(SQL["go_on"], place | {"cursor": look.last}).rowcount == 1
    if not is_ours:
        return None
    return _end(db, matched, "matched", look.arrived.event_id if look.arrived else None, now)


def time_out(db: sqlite3.Connection, asked: Sequence[tuple[int, int]]) -> list[frozenset[str]]:
    """Resolve up to `limit` waits whose time was over before `now`."""
    return [_time_out(db, now, limit) for now, limit in asked]


def _time_out(db: sqlite3.Connection, now: int, limit: int) -> frozenset[str]:
    late = [row[0] for row in db.execute(SQL["timed_out"], {"now": now, "limit": limit}).fetchall()]
    return _end(db, late, "timeout", None, now)


def _end(
    db: sqlite3.Connection, seqs: Sequence[int], state: str, async_id: str | None, now: int
) -> frozenset[str]:
    """Give waits that are open still their outcome. Returns the subscriptions that have something due."""
    if not seqs:
        return frozenset()
    asked = {"seqs": _json(seqs), "state": state, "async_id": async_id, "now": now}
    ended = db.execute(SQL["resolve"], asked).fetchall()
    for delivery_id, _, ends in ended:
        db.execute(SQL["condemn" if ends else "resume_parked"], {"delivery_id": delivery_id, "now": now})
    return frozenset(subscription for _, subscription, ends in ended if not ends)


def _json(value: Sequence[object]) -> str:
    return orjson.dumps(value).decode()
