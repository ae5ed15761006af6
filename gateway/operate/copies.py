"""Duplicates by the event that came first: how often it came again, and in what the copies differ."""

from __future__ import annotations

from gateway.copies import Group
from gateway.event import compile_patterns, made_at
from gateway.operate.opened import Reads
from gateway.operate.paging import pages
from gateway.store.records import Duplicate, Query, Stored


async def groups_page(store: Reads, query: Query) -> tuple[list[Group], int | None]:
    """A page of `query.limit` groups, the one with the newest copy first, and where the next page starts.

    It reads the list only as far as that takes, and of each event the copies.
    """
    found: list[Group] = []
    met: set[str] = set()
    async for copy in pages(store.duplicates, query):
        if copy.event_id in met:
            continue
        met.add(copy.event_id)
        group = await _whole(store, copy, query)
        if group is not None and len(found) == query.limit:
            return found, found[-1].newest.seq
        if group is not None:
            found.append(group)
    return found, None


async def _whole(store: Reads, newest: Duplicate, query: Query) -> Group | None:
    """The group whose newest copy is `newest`; None where it has a newer one: then it was told of before."""
    wanted = compile_patterns([query.name]) if query.name else None
    group = Group(newest, newest)
    async for copy in pages(store.duplicates, Query(event_id=newest.event_id)):
        if query.source not in (None, copy.source) or copy.received_at < (query.since or 0):
            continue
        if wanted and not wanted.fullmatch(copy.name):
            continue
        if copy.seq > newest.seq:
            return None
        group.add(copy)
    await group.name_first(store)
    return group


async def copies_of(store: Reads, id: str) -> tuple[list[Duplicate], Stored | None]:
    """The copies of one first event, oldest first, and the event that `id` names, if any.

    `id` is its event_id, a provider's id or a duplicate_id.
    """
    stored = await store.event(id)
    found = await _by_event_id(store, stored.event.event_id if stored else id)
    # Also where there is such an event: gateway/duplicate.differs has the duplicate_id as its own id.
    if not found and (other := await _mentioned(store, id)):
        found = await _by_event_id(store, other.event_id)
    return found[::-1], stored


async def _by_event_id(store: Reads, event_id: str) -> list[Duplicate]:
    return [copy async for copy in pages(store.duplicates, Query(event_id=event_id))]


async def _mentioned(store: Reads, id: str) -> Duplicate | None:
    """The newest duplicate with this duplicate_id or provider's id; its first event may be purged."""
    async for copy in pages(store.duplicates, Query(since=made_at(id))):
        if id in (copy.duplicate_id, copy.id):
            return copy
    return None
