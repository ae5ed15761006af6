"""Accepting events: the dedupe key decides, in one transaction with the event and its deliveries."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from gateway.event import differing_fields, new_id
from gateway.store.records import Candidate, Duplicate, Outcome
from gateway.store.statements import load

SQL = load("gateway.store.sqlite", "writes.sql")


@dataclass(frozen=True, slots=True)
class _First:
    """The event that holds a dedupe key."""

    event_id: str
    id: str
    digest: bytes
    first_at: int
    expires_at: int


_Keys = dict[tuple[str, str], _First]


def accept(db: sqlite3.Connection, requests: Sequence[Sequence[Candidate]]) -> list[list[Outcome]]:
    """Store every candidate of every request, or record it as a duplicate; one outcome a candidate."""
    taken = _taken_keys(db, requests)
    fresh: list[Candidate] = []
    duplicates: list[Duplicate] = []
    outcomes = [[_decide(db, c, taken, fresh, duplicates) for c in request] for request in requests]
    _insert_events(db, fresh)
    if duplicates:
        db.executemany(SQL["insert_duplicate"], [_duplicate_row(duplicate) for duplicate in duplicates])
    return outcomes


def _taken_keys(db: sqlite3.Connection, requests: Sequence[Sequence[Candidate]]) -> _Keys:
    asked = [(c.event.source, c.key) for request in requests for c in request if c.key is not None]
    if not asked:
        return {}
    rows = db.execute(SQL["taken_keys"], {"keys": orjson.dumps(asked).decode()})
    return {(row[0], row[1]): _First(*row[2:]) for row in rows}


def _decide(
    db: sqlite3.Connection,
    candidate: Candidate,
    taken: _Keys,
    fresh: list[Candidate],
    duplicates: list[Duplicate],
) -> Outcome:
    event = candidate.event
    if candidate.key is not None:
        slot = (event.source, candidate.key)
        first = taken.get(slot)
        if first is not None and first.expires_at > event.received_at:
            duplicate = _duplicate(db, candidate, first, fresh)
            duplicates.append(duplicate)
            return Outcome(first.event_id, duplicate)
        end = event.received_at + candidate.window
        taken[slot] = _First(event.event_id, event.id, candidate.digest, event.received_at, end)
    fresh.append(candidate)
    return Outcome(event.event_id)


def _duplicate(
    db: sqlite3.Connection, candidate: Candidate, first: _First, fresh: Sequence[Candidate]
) -> Duplicate:
    event, reception = candidate.event, candidate.reception
    same_body = candidate.digest == first.digest
    return Duplicate(
        duplicate_id=new_id(event.received_at),
        event_id=first.event_id,
        id=event.id,
        name=event.name,
        source=event.source,
        received_at=event.received_at,
        gap=event.received_at - first.first_at,
        same_body=same_body,
        fields=() if same_body else tuple(_fields(db, candidate, first, fresh)),
        reason="event id" if event.id == first.id else "twin",
        secret=reception.secret if reception else None,
        remote_addr=reception.remote_addr if reception else "",
        headers=reception.headers if reception else "[]",
    )


def _fields(
    db: sqlite3.Connection, candidate: Candidate, first: _First, fresh: Sequence[Candidate]
) -> list[str]:
    """Which fields differ from the first event's; it may be in this very group, or purged already."""
    for other in fresh:
        if other.event.event_id == first.event_id:
            return differing_fields(other.event.data, candidate.event.data)
    row = db.execute(SQL["event_data"], (first.event_id,)).fetchone()
    return differing_fields(row[0], candidate.event.data) if row else []


def _insert_events(db: sqlite3.Connection, fresh: Sequence[Candidate]) -> None:
    db.executemany(SQL["insert_event"], [_event_row(c) for c in fresh])
    keys = [_key_row(c) for c in fresh if c.key is not None]
    if keys:
        db.executemany(SQL["take_key"], keys)
    deliveries = [row for c in fresh if c.subscriptions for row in _delivery_rows(c)]
    if deliveries:
        db.executemany(SQL["insert_delivery"], deliveries)
    bodies = {r.request_id: r.body for c in fresh if (r := c.reception) and r.request_id is not None}
    if bodies:
        db.executemany(SQL["insert_request"], list(bodies.items()))


def _event_row(candidate: Candidate) -> tuple[object, ...]:
    event, reception = candidate.event, candidate.reception
    attributes = orjson.dumps(dict(event.attributes)).decode() if event.attributes else "{}"
    kept: tuple[object, ...] = (None, None, None, None, None)
    if (r := reception) is not None:
        kept = (r.secret, r.remote_addr, r.request_id, r.url, r.headers)
    return (
        event.event_id,
        event.id,
        event.name,
        event.source,
        event.ts,
        event.v,
        event.received_at,
        attributes,
        *kept,
        event.data,
    )


def _key_row(candidate: Candidate) -> tuple[object, ...]:
    event = candidate.event
    end = event.received_at + candidate.window
    return (
        event.source,
        candidate.key,
        event.event_id,
        None if event.id == candidate.key else event.id,
        candidate.digest,
        event.received_at,
        end,
    )


def _delivery_rows(candidate: Candidate) -> list[tuple[object, ...]]:
    event = candidate.event
    due_at = max(event.ts, event.received_at)
    return [
        (new_id(event.received_at), event.event_id, subscription, due_at, event.received_at)
        for subscription in candidate.subscriptions
    ]


def _duplicate_row(duplicate: Duplicate) -> tuple[object, ...]:
    return (
        duplicate.duplicate_id,
        duplicate.event_id,
        duplicate.id,
        duplicate.name,
        duplicate.source,
        duplicate.received_at,
        duplicate.gap,
        duplicate.same_body,
        orjson.dumps(duplicate.fields).decode(),
        duplicate.reason,
        duplicate.secret,
        duplicate.remote_addr,
        duplicate.headers,
    )
