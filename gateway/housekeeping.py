"""What goes when its retention is over, a little at a time, while the gateway works."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from gateway.config import Settings
from gateway.store import Store, StoreError
from gateway.store.retention import Purged, Retention

EVERY = 600.0
"""Seconds between two rounds."""

BREATH = 0.05
"""Seconds between two small deletes, so that webhooks never queue behind them."""

log = logging.getLogger("gateway.housekeeping")


async def keep_house(store: Store, settings: Callable[[], Settings], clock: Callable[[], float]) -> None:
    """Purge by the retention of the config in force, for ever."""
    while True:
        try:
            purged = await purge(store, retention(settings(), clock()))
            if purged.total:
                log.info("purged %s", purged)
            await purge_audit(store, settings(), clock())
        except StoreError as error:
            log.error("purging waits for the store: %s", error)
        await asyncio.sleep(EVERY)


async def purge(
    store: Store,
    retain: Retention,
    tell: Callable[[int], None] = lambda _: None,
    is_over: Callable[[], bool] = lambda: False,
) -> Purged:
    """Remove all that `retain` lets go, in small transactions. Returns how many rows went.

    `tell` hears of each transaction how many went in it; after one of them `is_over` may end it early.
    """
    total = Purged()
    while (purged := await store.purge(retain)).total:
        total = total.and_(purged)
        tell(purged.total)
        if is_over():
            break
        await asyncio.sleep(BREATH)
    return total


async def purge_audit(store: Store, settings: Settings, now: float) -> int:
    """Remove what the audit log need not keep at `now` (Unix seconds). Returns how many entries went."""
    before, total = round((now - settings.store.retention.audit) * 1000), 0
    while gone := await store.audit.purge(before):
        total += gone
        await asyncio.sleep(BREATH)
    return total


def retention(settings: Settings, now: float) -> Retention:
    """The moments that the config's retention means at `now` (Unix seconds)."""
    keep = settings.store.retention
    return Retention(
        now=round(now * 1000),
        events_before=round((now - keep.events) * 1000),
        duplicates_before=round((now - keep.duplicates) * 1000),
        rejections_before=round((now - keep.rejections) * 1000),
    )
