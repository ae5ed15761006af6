"""Ending a pending delivery, with the system event that this sets off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.pipeline import system
from gateway.pipeline.route import Router
from gateway.store import Store
from gateway.store.records import Cancellation, Delivery

REQUESTED: Mapping[str, Any] = {"reason": "on request", "cancelled_by": None}
"""What the system event says of a delivery that a person ended."""


async def cancellation(
    store: Store, router: Router, delivery: Delivery, now: int, because: Mapping[str, Any] = REQUESTED
) -> Cancellation:
    """What `store.cancel` needs to end `delivery` at `now` (Unix ms); `because` is told with it."""
    stored = await store.event(delivery.event_id)
    if stored is None:  # purged between the two reads, and its delivery with it
        return Cancellation(delivery.delivery_id, now)
    attempts = await store.attempts(delivery.delivery_id)
    last = attempts[-1] if attempts else None
    emit = system.ended(delivery, stored.event, "cancelled", last, router, now, because)
    reason = None if because is REQUESTED else because["reason"]
    return Cancellation(delivery.delivery_id, now, emit, reason)
