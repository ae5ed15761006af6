"""Accepting events: the dedupe key decides, in one transaction with the event and its deliveries."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import orjson

from gateway.event import new_id
from gateway.store import once, values
from gateway.store.dedupe import Decision, First, Slot, decide, duplicates
from gateway.store.records import Candidate, Outcome
from gateway.store.sqlite import waits
from gateway.store.sqlite.windows import make_gathered
from gateway.store.statements import load
from gateway.store.windows import at_once

SQL = load("gateway.store.sqlite", "writes.sql")


def accept(db: sqlite3.Connection, requests: Sequence[Sequence[Candidate]]) -> list[list[Outcome]]:
    """Store every candidate of every request, or record it as a duplicate; one outcome a candidate."""
    decision = decide(requests, _taken(db, requests))
    outcomes = decision.outcomes(_data(db, decision))
    _insert_fresh(db, _unique(db, decision.fresh))
    _insert(db, "insert_duplicate", [values.duplicate(repeat) for repeat in duplicates(outcomes)])
    return outcomes


def _taken(db: sqlite3.Connection, requests: Sequence[Sequence[Candidate]]) -> dict[Slot, First]:
    """Who holds the keys that are asked for."""
    return _holders(db, [(c.event.source, c.key) for each in requests for c in each if c.key is not None])


def _holders(db: sqlite3.Connection, asked: Sequence[Slot]) -> dict[Slot, First]:
    if not asked:
        return {}
    rows = db.execute(SQL["taken_keys"], {"keys": orjson.dumps(asked).decode()})
    return {(row[0], row[1]): First(*row[2:]) for row in rows}


def _unique(db: sqlite3.Connection, fresh: Sequence[Candidate]) -> Sequence[Candidate]:
    """The fresh candidates without the deliveries that repeat an earlier event's."""
    asked = once.asked(fresh)
    if not asked:
        return fresh
    unique = once.decide(fresh, _holders(db, list(asked)))
    _insert(db, "take_key", list(unique.taken.values()))
    return unique.candidates


def _data(db: sqlite3.Connection, decision: Decision) -> dict[str, str]:
    """The data of the events that a repeat differs from; one that was purged has none."""
    found = ((id, db.execute(SQL["event_data"], (id,)).fetchone()) for id in decision.compared())
    return {id: row[0] for id, row in found if row}


def _insert_fresh(db: sqlite3.Connection, fresh: Sequence[Candidate]) -> None:
    _insert(db, "insert_event", [values.event(c) for c in fresh])
    _insert(db, "take_key", [values.key(c) for c in fresh if c.key is not None])
    deliveries = [(c, row) for c in fresh for row in _delivery_rows(c)]
    _insert(db, "insert_delivery", [row for _, row in deliveries])
    _insert(db, "prioritize", values.priorities(deliveries))
    make_gathered(db, fresh)
    _insert(db, "insert_verdict", [row for c in fresh if c.verdicts for row in values.verdicts(c)])
    bodies = {r.request_id: r.body for c in fresh if (r := c.reception) and r.request_id is not None}
    _insert(db, "insert_request", list(bodies.items()))
    waits.open_first(db, deliveries)
    waits.note_arrivals(db, fresh)


def _insert(db: sqlite3.Connection, statement: str, rows: Sequence[values.Row]) -> None:
    if rows:
        db.executemany(SQL[statement], rows)


def _delivery_rows(candidate: Candidate) -> Iterable[values.Row]:
    event = candidate.event
    at, ts, orders = event.received_at, event.ts, candidate.orders
    for name in at_once(candidate):
        yield (new_id(at), event.event_id, name, ts, at, orders.get(name), ts)
