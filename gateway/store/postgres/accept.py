"""Accepting events: the dedupe key decides, in one transaction with the event and its deliveries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from gateway.event import new_id
from gateway.store import once, values
from gateway.store.dedupe import Decision, First, Slot, decide, duplicates
from gateway.store.postgres import waits
from gateway.store.postgres.columns import columns, text
from gateway.store.postgres.days import MOMENT
from gateway.store.postgres.session import Session
from gateway.store.postgres.windows import make_gathered
from gateway.store.records import Candidate, Outcome
from gateway.store.windows import at_once

MAX_KEY = 512
"""Characters of a dedupe key that are stored as they are; an index entry has less than 2.7 kB."""


async def accept(session: Session, requests: Sequence[Sequence[Candidate]]) -> list[list[Outcome]]:
    """Store every candidate of every request, or record it as a duplicate; one outcome a candidate."""
    asked = _asked(requests)
    taken = await _take_keys(session, asked) if asked else {}
    decision = decide(requests, taken)
    await _retake_keys(session, decision, asked, taken)
    outcomes = decision.outcomes(await _data(session, decision))
    await _insert_fresh(session, await _unique(session, decision.fresh))
    repeats = duplicates(outcomes)
    if repeats:
        await session.count("insert_duplicates", *columns([values.duplicate(repeat) for repeat in repeats]))
    return outcomes


def _asked(requests: Sequence[Sequence[Candidate]]) -> dict[Slot, Candidate]:
    """The first candidate for each key, by key: every group locks keys in this order."""
    first: dict[Slot, Candidate] = {}
    for request in requests:
        for candidate in request:
            if candidate.key is not None:
                first.setdefault((candidate.event.source, candidate.key), candidate)
    return dict(sorted(first.items()))


async def _take_keys(session: Session, asked: dict[Slot, Candidate]) -> dict[Slot, First]:
    """Take the keys that are free. Returns who held the others, which stay locked until the end."""
    return await _take(session, {slot: _key_row(candidate) for slot, candidate in asked.items()})


async def _take(session: Session, asked: Mapping[Slot, values.Row]) -> dict[Slot, First]:
    slots = list(asked)
    rows = [(number, *row) for number, row in enumerate(asked.values())]
    won = {row["slot"] for row in await session.rows("take_keys", *columns(rows))}
    others = [row[:3] for row in rows if row[0] not in won]
    if not others:
        return {}
    held = await session.rows("key_holders", *columns(others))
    return {slots[row["slot"]]: First(*row[1:]) for row in held}


async def _retake_keys(
    session: Session, decision: Decision, asked: dict[Slot, Candidate], taken: dict[Slot, First]
) -> None:
    """Write the keys whose window ended within this very group, and that a later candidate of it took."""
    for candidate in decision.fresh:
        if candidate.key is None:
            continue
        slot = (candidate.event.source, candidate.key)
        if slot in taken or asked[slot] is not candidate:
            await session.count("retake_key", *_key_row(candidate))


async def _unique(session: Session, fresh: Sequence[Candidate]) -> Sequence[Candidate]:
    """The fresh candidates without the deliveries that repeat an earlier event's."""
    asked = once.asked(fresh)
    if not asked:
        return fresh
    held = await _take(session, asked)
    unique = once.decide(fresh, held)
    for slot, row in unique.taken.items():
        if slot in held or asked[slot] != row:
            await session.count("retake_key", *row)
    return unique.candidates


async def _data(session: Session, decision: Decision) -> dict[str, str]:
    """The data of the events that a repeat differs from."""
    compared = decision.compared()
    if not compared:
        return {}
    return {row["event_id"]: row["data"] for row in await session.rows("event_data", compared)}


async def _insert_fresh(session: Session, fresh: Sequence[Candidate]) -> None:
    if not fresh:
        return
    deliveries = [(candidate, row) for candidate in fresh for row in _delivery_rows(candidate)]
    opened = await waits.open_first(session, deliveries)
    *kept, data = zip(*map(values.event, fresh), strict=True)
    await session.count("insert_events", *map(text, kept), data)
    requests = list(_requests(fresh))
    if requests:
        await session.count("insert_requests", *columns(requests))
    verdicts = [row for candidate in fresh if candidate.verdicts for row in values.verdicts(candidate)]
    if verdicts:
        await session.count("insert_verdicts", *columns(verdicts))
    if deliveries:
        await session.count("insert_deliveries", *columns([row for _, row in deliveries]))
        if priorities := values.priorities(deliveries):
            await session.count("prioritize", *columns([(id, priority) for priority, id in priorities]))
        if opened:
            await waits.park_first(session, opened)
        for candidate in fresh:
            for name in at_once(candidate):
                session.wake(name, candidate.event.ts)
    await make_gathered(session, fresh)


def _key_row(candidate: Candidate) -> values.Row:
    source, key, event_id, id, *rest = values.key(candidate)
    assert isinstance(key, str)
    if len(key) > MAX_KEY:
        key, id = f"{key[:MAX_KEY]}#{hashlib.sha256(key.encode()).hexdigest()}", candidate.event.id
    return (source, key, event_id, id, *rest)


def _requests(fresh: Iterable[Candidate]) -> Iterable[values.Row]:
    """Each raw body once, under the moment of its events."""
    kept = {
        (candidate.event.event_id[:MOMENT], r.request_id): r.body
        for candidate in fresh
        if (r := candidate.reception) is not None and r.request_id is not None
    }
    return ((*key, body) for key, body in kept.items())


def _delivery_rows(candidate: Candidate) -> Iterable[values.Row]:
    event = candidate.event
    at, orders = event.received_at, candidate.orders
    for name in at_once(candidate):
        yield (new_id(at), event.event_id, name, event.ts, at, orders.get(name))
