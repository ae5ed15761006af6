"""Deliveries: settle, replay, cancel. Each operation takes a list and answers a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.store.postgres import waits
from gateway.store.postgres.accept import accept
from gateway.store.postgres.batches import settle_others
from gateway.store.postgres.columns import columns
from gateway.store.postgres.pauses import pause_one
from gateway.store.postgres.session import Session
from gateway.store.records import Cancellation, NewDelivery, Settlement


async def settle(session: Session, settlements: Sequence[Settlement]) -> list[bool]:
    """Write the outcome of attempts; False for one whose lease was lost."""
    ordered = sorted({s.ordered for s in settlements if s.ordered is not None})
    if ordered:
        await session.rows("lock_orders", ordered)
    first = {_fence(settlement): settlement for settlement in reversed(settlements)}
    *asked, places, responses = columns([_settlement_row(settlement) for settlement in first.values()])
    shifted = session.clock == "database"
    found = {row["delivery_id"] for row in await session.rows("settle", *asked, shifted, places, responses)}
    held = [s.attempt.delivery_id in found and first[_fence(s)] is s for s in settlements]
    led = [other for s, holds in zip(settlements, held, strict=True) if holds for other in s.others]
    settled = await settle_others(session, led)
    await _insert_lost(session, [s for s, holds in zip(settlements, held, strict=True) if not holds])
    await _insert_lost(session, [other for s in settlements for other in s.others])
    await _set_off(session, [s for s, holds in zip(settlements, held, strict=True) if holds])
    await _set_off(session, [other for other in led if other.attempt.delivery_id in settled])
    return held


async def settle_in_order(session: Session, settlements: Sequence[Settlement]) -> list[bool]:
    """The same, as an operation of its own: what waits for another node's order holds up nothing else."""
    return await settle(session, settlements)


async def disown(session: Session, owners: Sequence[tuple[str, int]]) -> list[int]:
    """End every lease of (owner) at `now`."""
    return [await session.count("disown", owner, session.at(now)) for owner, now in owners]


async def replay(session: Session, asked: Sequence[tuple[Sequence[NewDelivery], int]]) -> list[int]:
    """Make new deliveries of stored events; one of an event that is gone is left out."""
    return [await _replay(session, deliveries, now) for deliveries, now in asked]


async def cancel(session: Session, asked: Sequence[Sequence[Cancellation]]) -> list[int]:
    """End pending deliveries with the system events that this sets off."""
    return [await _cancel(session, cancellations) for cancellations in asked]


def _fence(settlement: Settlement) -> tuple[str, int]:
    """Of two settlements of one attempt in one group, the first counts."""
    return settlement.attempt.delivery_id, settlement.attempt.number


def _settlement_row(settlement: Settlement) -> tuple[object, ...]:
    attempt = settlement.attempt
    return (
        attempt.delivery_id,
        attempt.number,
        settlement.state,
        settlement.due_at,
        settlement.retries,
        settlement.now,
        attempt.status,
        attempt.error,
        attempt.started_at,
        attempt.latency,
        settlement.order_at,
        attempt.response,
    )


async def _insert_lost(session: Session, lost: Iterable[Settlement]) -> None:
    rows = [
        (a.delivery_id, a.number, a.started_at, a.latency, a.status, a.error, a.response)
        for a in (settlement.attempt for settlement in lost)
    ]
    if rows:
        await session.count("insert_lost_attempts", *columns(rows))


async def _set_off(session: Session, held: Sequence[Settlement]) -> None:
    """What outcomes set off: waits, system events, pauses."""
    waiting = [settlement for settlement in held if settlement.waits]
    if waiting:
        await waits.open_after(session, waiting)
    emitted = [settlement.emit for settlement in held if settlement.emit]
    if emitted:
        await accept(session, emitted)
    for settlement in held:
        if settlement.pause is not None:
            await pause_one(session, settlement.pause, settlement.pause_reason, settlement.now)


async def _replay(session: Session, new: Sequence[NewDelivery], now: int) -> int:
    if not new:
        return 0
    rows = [(n.delivery_id, n.event_id, n.subscription, n.due_at, n.replay_of, n.order_key) for n in new]
    for one in new:
        session.wake(one.subscription)
    made = await session.count("replay", *columns(rows), now, session.clock == "database")
    waiting = [one for one in new if one.waits]
    if waiting:
        await waits.open_again(session, waiting, now)
    return made


async def _cancel(session: Session, asked: Sequence[Cancellation]) -> int:
    if not asked:
        return 0
    ids = [(c.delivery_id, c.now, c.reason, c.untried) for c in asked]
    ended = {row["delivery_id"] for row in await session.rows("cancel", *columns(ids))}
    await accept(session, [c.emit for c in asked if c.delivery_id in ended])
    return len(ended)
