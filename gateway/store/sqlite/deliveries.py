"""Deliveries: lease, settle, replay, cancel. Each operation takes a list and answers a list."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import orjson

from gateway.store import rows
from gateway.store.claim import AGAIN, FIRST, LOOK, LOOKS, Claim
from gateway.store.records import (
    Attempt,
    Cancellation,
    Claimed,
    ClaimResult,
    NewDelivery,
    Settlement,
)
from gateway.store.sqlite import waits
from gateway.store.sqlite.accept import SQL, accept
from gateway.store.sqlite.batches import can_settle, settle_other
from gateway.store.sqlite.pauses import pause_one


def claim(db: sqlite3.Connection, claims: Sequence[Claim]) -> list[ClaimResult]:
    """Lease the oldest due deliveries of each subscription; where slots ran out, more is due now."""
    return [_claim(db, asked) for asked in claims]


def _claim(db: sqlite3.Connection, asked: Claim) -> ClaimResult:
    seqs: list[int] = []
    next_due: dict[str, int] = {}
    for name, slots in asked.slots.items():
        lease = _lease_in_order if name in asked.ordered else _lease
        again, first = lease(db, asked, name)
        due_at: int | None = asked.now
        if len(again) + len(first) < slots:
            due_at = _next_due(db, name, again=len(again) < asked.most_retries(name))
        if due_at is not None:
            next_due[name] = due_at
        seqs += again + first
    return ClaimResult(whole(db, seqs), next_due)


def _next_due(db: sqlite3.Connection, name: str, again: bool) -> int | None:
    """When the next is due, retries only with `again`."""
    lanes = (FIRST, AGAIN) if again else (FIRST,)
    found = [db.execute(SQL["next_due"], {"subscription": name, "lane": lane}).fetchone() for lane in lanes]
    return min((row[0] for row in found if row is not None), default=None)


def _lease(db: sqlite3.Connection, asked: Claim, name: str) -> tuple[list[int], list[int]]:
    """What was leased: retries, and others."""
    values = {
        "subscription": name,
        "slots": asked.slots[name],
        "retries": asked.most_retries(name),
        "lease": asked.leases[name],
        "now": asked.now,
        "latest": asked.now + asked.reach(name),
        "owner": asked.owner,
    }
    leased = db.execute(SQL["lease_due"], values).fetchall()
    return [seq for seq, lane in leased if lane == AGAIN], [seq for seq, lane in leased if lane == FIRST]


def _lease_in_order(db: sqlite3.Connection, asked: Claim, name: str) -> tuple[list[int], list[int]]:
    again = lease_in_order(db, asked, name, asked.most_retries(name), AGAIN)
    return again, lease_in_order(db, asked, name, asked.slots[name] - len(again), FIRST)


def lease_in_order(
    db: sqlite3.Connection, asked: Claim, name: str, slots: int, lane: int = FIRST
) -> list[int]:
    """Lease those whose turn it is. What is found behind another of its key is held, and not found again."""
    leased: list[int] = []
    values = {"subscription": name, "now": asked.now, "limit": LOOK, "lane": lane}
    values["latest"] = asked.now + asked.reach(name)
    for _ in range(LOOKS if slots else 0):
        found = db.execute(SQL["due_in_order"], values).fetchall()
        turn = [seq for seq, next in found if next][: slots - len(leased)]
        lease = {"now": asked.now, "lease": asked.leases[name], "owner": asked.owner}
        db.execute(SQL["lease_these"], lease | {"seqs": orjson.dumps(turn).decode()})
        held = orjson.dumps([seq for seq, next in found if not next]).decode()
        db.execute(SQL["hold_these"], {"seqs": held})
        leased += turn
        if len(leased) == slots or len(found) < LOOK:
            break
    return leased


def whole(db: sqlite3.Connection, seqs: Sequence[int]) -> list[Claimed]:
    """Deliveries with their events, by due time, then arrival."""
    if not seqs:
        return []
    found = db.execute(SQL["leased_rows"], {"seqs": orjson.dumps(seqs).decode()})
    return waits.with_waits(db, [rows.claimed(row) for row in found])


def expired(db: sqlite3.Connection, now: int, limit: int) -> list[Claimed]:
    """Deliveries whose lease ran out."""
    found = db.execute(SQL["expired_leases"], {"now": now, "limit": limit}).fetchall()
    return whole(db, [row[0] for row in found])


def settle(db: sqlite3.Connection, settlements: Sequence[Settlement]) -> list[bool]:
    """Write the outcome of attempts; False for one whose lease was lost."""
    return [_settle(db, settlement) for settlement in settlements]


def _settle(db: sqlite3.Connection, settlement: Settlement) -> bool:
    attempt = settlement.attempt
    values = {
        "delivery_id": attempt.delivery_id,
        "number": attempt.number,
        "state": settlement.state,
        "due_at": settlement.due_at,
        "retries": settlement.retries,
        "now": settlement.now,
        "status": attempt.status,
        "error": attempt.error,
        "order_at": settlement.order_at,
    }
    # The others of a batch first: where the one that leads ends while some wait, the next would lead them.
    led = settlement.others if settlement.others and can_settle(db, settlement) else ()
    others = [each for each in led if settle_other(db, each)]
    held = db.execute(SQL["settle"], values).rowcount == 1
    for each in (settlement, *settlement.others):
        db.execute(SQL["insert_attempt"], _attempt_row(each.attempt))
    if held and settlement.waits:
        waits.open_after(db, settlement)
    for each in (settlement, *others) if held else ():
        if each.emit:
            accept(db, [each.emit])
    if held and settlement.pause is not None:
        pause_one(db, settlement.pause, settlement.pause_reason, settlement.now)
    return held


def _attempt_row(attempt: Attempt) -> tuple[object, ...]:
    return (
        attempt.delivery_id,
        attempt.number,
        attempt.started_at,
        attempt.latency,
        attempt.status,
        attempt.error,
        attempt.response,
        attempt.delivery_id,
    )


def disown(db: sqlite3.Connection, owners: Sequence[tuple[str, int]]) -> list[int]:
    """End every lease of (owner) at `now`."""
    return [db.execute(SQL["disown"], {"owner": owner, "now": now}).rowcount for owner, now in owners]


def replay(db: sqlite3.Connection, asked: Sequence[tuple[Sequence[NewDelivery], int]]) -> list[int]:
    """Make new deliveries of stored events; one of an event that is gone is left out."""
    return [sum(_replay(db, new, now) for new in deliveries) for deliveries, now in asked]


def _replay(db: sqlite3.Connection, new: NewDelivery, now: int) -> int:
    values = {
        "delivery_id": new.delivery_id,
        "event_id": new.event_id,
        "subscription": new.subscription,
        "due_at": new.due_at,
        "replay_of": new.replay_of,
        "order_key": new.order_key,
        "now": now,
    }
    made = db.execute(SQL["replay"], values).rowcount
    if made and new.waits:
        waits.open_again(db, new, now)
    return made


def cancel(db: sqlite3.Connection, asked: Sequence[Sequence[Cancellation]]) -> list[int]:
    """End pending deliveries with the system events that this sets off."""
    return [sum(_cancel(db, cancellation) for cancellation in group) for group in asked]


def _cancel(db: sqlite3.Connection, cancellation: Cancellation) -> int:
    values = {
        "delivery_id": cancellation.delivery_id,
        "now": cancellation.now,
        "reason": cancellation.reason,
        "untried": cancellation.untried,
    }
    ended = db.execute(SQL["cancel"], values).rowcount
    if ended:
        accept(db, [cancellation.emit])
    return ended
