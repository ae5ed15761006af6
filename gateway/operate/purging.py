"""Purging: what retention lets go, all that is older, or one event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from gateway.housekeeping import retention
from gateway.operate.opened import Opened
from gateway.operate.paging import Numbered, pages
from gateway.store.records import Query
from gateway.store.retention import Retention


@dataclass(frozen=True, slots=True)
class Erased:
    """One event with all that belongs to it, which is gone or would be."""

    event_id: str
    name: str
    deliveries: int
    duplicates: int


def retain(opened: Opened, older_than: int | None) -> Retention:
    """What may go: all that is older than so many ms, or what the config's retention lets go."""
    if older_than is None:
        return retention(opened.settings, opened.now / 1000)
    before = opened.now - older_than
    return Retention(opened.now, before, before, before)


async def erase(opened: Opened, id: str, dry_run: bool) -> Erased | None:
    """Remove one event, by its event_id or the provider's id; its dedupe key stays. None: there is none."""
    stored = await opened.whole.event(id)
    if stored is None:
        return None
    event, query = stored.event, Query(event_id=stored.event.event_id)
    deliveries = await _how_many(opened.whole.deliveries, query)
    duplicates = await _how_many(opened.whole.duplicates, query)
    if not dry_run:
        await opened.whole.erase(event.event_id)
    return Erased(event.event_id, event.name, deliveries, duplicates)


async def _how_many(fetch: Callable[[Query], Awaitable[Sequence[Numbered]]], query: Query) -> int:
    return sum([1 async for _ in pages(fetch, query)])
