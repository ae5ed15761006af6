"""End deliveries that wait, hold a subscription's back, and let them go."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.cancelling import cancellation
from gateway.operate.opened import Opened
from gateway.operate.paging import pages
from gateway.pipeline import system
from gateway.store.records import Delivery, Query

BATCH = 100
"""Deliveries that are ended in one transaction at most; each brings a system event with it."""


async def deliveries_named(opened: Opened, ids: Sequence[str]) -> tuple[list[Delivery], list[str]]:
    """The deliveries that the ids name, an event's all of them, each once; and the ids that name nothing."""
    found: dict[str, Delivery] = {}
    missing: list[str] = []
    for id in ids:
        deliveries = await _named(opened, id)
        found |= {delivery.delivery_id: delivery for delivery in deliveries or ()}
        if deliveries is None:
            missing.append(id)
    return list(found.values()), missing


async def _named(opened: Opened, id: str) -> list[Delivery] | None:
    # First as a delivery: the system event of a failed delivery has the delivery's id as its own.
    if (delivery := await opened.whole.delivery(id)) is not None:
        return [delivery]
    stored = await opened.whole.event(id)
    if stored is None:
        return None
    query = Query(event_id=stored.event.event_id)
    return [delivery async for delivery in pages(opened.whole.deliveries, query)]


async def end(opened: Opened, pending: Sequence[Delivery]) -> int:
    """Cancel deliveries; each that was still pending emits gateway/delivery.cancelled. Returns how many."""
    ended = 0
    for start in range(0, len(pending), BATCH):
        batch = [
            await cancellation(opened.whole, opened.router, delivery, opened.now)
            for delivery in pending[start : start + BATCH]
        ]
        ended += await opened.whole.cancel(batch)
    return ended


async def pause(opened: Opened, subscription: str, reason: str) -> bool:
    """Hold a subscription's deliveries back and tell of it. False where it was paused already."""
    if not await opened.whole.pause(subscription, reason, opened.now):
        return False
    await opened.whole.accept([system.paused(subscription, reason, opened.router, opened.now)])
    return True


async def resume(opened: Opened, subscription: str) -> bool:
    """Let a paused subscription's deliveries go and tell of it. False where it was not paused."""
    return await opened.whole.resume(subscription, [system.resumed(subscription, opened.router, opened.now)])
