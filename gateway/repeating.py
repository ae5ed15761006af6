"""New deliveries of stored events, complete: with what they are to wait for by the config in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.pipeline.route import Router
from gateway.store import Store
from gateway.store.records import NewDelivery


async def repeat(store: Store, router: Router, new: Sequence[NewDelivery], now: int) -> int:
    """Make the deliveries at `now` (Unix ms). Returns how many: none of an event that is gone."""
    return await store.replay([await _complete(store, router, one) for one in new], now)


async def _complete(store: Store, router: Router, new: NewDelivery) -> NewDelivery:
    if not router.has_waits(new.subscription):
        return new
    stored = await store.event(new.event_id)
    if stored is None:
        return new
    return replace(new, waits=router.waits(new.subscription, stored.event))
