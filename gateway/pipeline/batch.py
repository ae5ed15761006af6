"""A claimed delivery with the rest of its batch."""

from __future__ import annotations

from dataclasses import replace

from gateway.config import Subscription
from gateway.store import Store
from gateway.store.records import Claimed


async def whole(store: Store, subscription: Subscription, claimed: Claimed) -> Claimed:
    """What goes in one call, all of it under the number of the attempt of the one that leads.

    Where the config has `batch` no more, a batch that is left goes one by one: each leads once those before
    it have ended. Raises StoreError.
    """
    if subscription.batch is None:
        return claimed
    batch = await store.batches.of(claimed.delivery.delivery_id)
    leads = replace(claimed.delivery, batch_id=batch.batch_id)
    others = (
        replace(one, delivery=replace(one.delivery, attempts=leads.attempts, retries=leads.retries))
        for one in batch.others
    )
    return replace(claimed, delivery=leads, others=tuple(others))
