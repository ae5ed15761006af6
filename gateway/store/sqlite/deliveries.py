"""Deliveries: lease, settle, replay, cancel, pause. Each operation takes a list and answers a list."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import orjson

from gateway.store import rows
from gateway.store.claim import LOOK, LOOKS, Claim
from gateway.store.records import Cancellation, Candidate, Claimed, ClaimResult, NewDelivery, Settlement
from gateway.store.sqlite.accept import SQL, accept


def claim(db: sqlite3.Connection, claims: Sequence[Claim]) -> list[ClaimResult]:
    """Lease the oldest due deliveries of each subscription; where slots ran out, more is due now."""
    return [_claim(db, asked) for asked in claims]


def _claim(db: sqlite3.Connection, asked: Claim) -> ClaimResult:
    seqs: list[int] = []
    next_due: dict[str, int] = {}
    for name, slots in asked.slots.items():
        lease = lease_in_order if name in asked.ordered else _lease
        leased = lease(db, asked, name, slots)
        due_at = asked.now if len(leased) == slots else _next_due(db, name)
        if due_at is not None:
            next_due[name] = due_at
        seqs += leased
    return ClaimResult(_leased(db, seqs), next_due)


def _next_due(db: sqlite3.Connection, name: str) -> int | None:
    found: int | None = db.execute(SQL["next_due"], {"subscription": name}).fetchone()[0]
    return found


def _lease(db: sqlite3.Connection, asked: Claim, name: str, slots: int) -> list[int]:
    values = {
        "subscription": name,
        "slots": slots,
        "lease": asked.leases[name],
        "now": asked.now,
        "owner": asked.owner,
    }
    return [row[0] for row in db.execute(SQL["lease_due"], values).fetchall()]


def lease_in_order(db: sqlite3.Connection, asked: Claim, name: str, slots: int) -> list[int]:
    """Lease those whose turn it is. What is found behind another of its key is held, and not found again."""
    leased: list[int] = []
    for _ in range(LOOKS):
        values = {"subscription": name, "now": asked.now, "limit": LOOK}
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


def _leased(db: sqlite3.Connection, seqs: Sequence[int]) -> list[Claimed]:
    if not seqs:
        return []
    found = db.execute(SQL["leased_rows"], {"seqs": orjson.dumps(seqs).decode()})
    return [rows.claimed(row) for row in found]


def expired(db: sqlite3.Connection, now: int, limit: int) -> list[Claimed]:
    """Deliveries whose lease ran out."""
    found = db.execute(SQL["expired_leases"], {"now": now, "limit": limit}).fetchall()
    return _leased(db, [row[0] for row in found])


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
    held = db.execute(SQL["settle"], values).rowcount == 1
    row = (
        attempt.delivery_id,
        attempt.number,
        attempt.started_at,
        attempt.latency,
        attempt.status,
        attempt.error,
        attempt.response,
        attempt.delivery_id,
    )
    db.execute(SQL["insert_attempt"], row)
    if held:
        if settlement.emit:
            accept(db, [settlement.emit])
        if settlement.pause is not None:
            _pause(db, settlement.pause, settlement.pause_reason, settlement.now)
    return held


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
    return db.execute(SQL["replay"], values).rowcount


def cancel(db: sqlite3.Connection, asked: Sequence[Sequence[Cancellation]]) -> list[int]:
    """End pending deliveries with the system events that this sets off."""
    return [sum(_cancel(db, cancellation) for cancellation in group) for group in asked]


def _cancel(db: sqlite3.Connection, cancellation: Cancellation) -> int:
    values = {"delivery_id": cancellation.delivery_id, "now": cancellation.now}
    ended = db.execute(SQL["cancel"], values).rowcount
    if ended:
        accept(db, [cancellation.emit])
    return ended


def pause(db: sqlite3.Connection, asked: Sequence[tuple[str, str, int]]) -> list[bool]:
    """Hold (subscription, reason, now) back."""
    return [_pause(db, *one) for one in asked]


def _pause(db: sqlite3.Connection, subscription: str, reason: str, now: int) -> bool:
    values = {"subscription": subscription, "reason": reason, "now": now}
    return db.execute(SQL["pause"], values).rowcount == 1


def resume(db: sqlite3.Connection, asked: Sequence[tuple[str, Sequence[Candidate]]]) -> list[bool]:
    """Let (subscription) go, with the system events that this sets off."""
    return [_resume(db, *one) for one in asked]


def _resume(db: sqlite3.Connection, subscription: str, emit: Sequence[Candidate]) -> bool:
    resumed = db.execute(SQL["resume"], {"subscription": subscription}).rowcount == 1
    if resumed:
        accept(db, [emit])
    return resumed
