"""The operations that only look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import orjson

from gateway.api.v1.declared import adapters_, only
from gateway.api.v1.operation import Asked, look
from gateway.api.v1.problem import missing
from gateway.api.v1.questions import DeliveryQuery, EventQuery, RejectionQuery, SearchQuery
from gateway.config import describe
from gateway.copies import Group
from gateway.event import values_at
from gateway.operate import answers, rows, searching
from gateway.operate.copies import copies_of, groups_page
from gateway.operate.event_page import EventPage, read_page
from gateway.operate.paging import Fetch, Kept, pages
from gateway.operate.reasons import reasons
from gateway.operate.subscriptions import Subscriptions, read_subscriptions
from gateway.store.records import Duplicate, Query, Stored
from gateway.store.rejections import Rejection

CHUNK = 25
"""Events that are read from the store at a time: each may be as large as `server.max_body`."""

ENOUGH = 4_194_304
"""Bytes of data after which a page of events ends before its limit."""


async def sources(asked: Asked) -> answers.Sources:
    """The sources of the config in force. No secret is shown, only how many there are."""
    settings, endpoints = asked.opened.settings, asked.running.endpoints
    seen = await asked.opened.store.last_seen(list(settings.sources))
    found = []
    for each in describe(settings).sources:
        plan = settings.sources[each.name].backfill
        more = {
            "secrets": len(each.secrets),
            "accounts": list(plan.accounts) if plan else [],
            "url": endpoints[each.name].url,
            "first_sample": endpoints[each.name].adapter.first_sample,
            "last_seen": seen.get(each.name),
        }
        found.append(answers.SourceRow.model_construct(**only(answers.SourceRow, asdict(each) | more)))
    return answers.Sources.model_construct(items=found)


async def subscriptions(asked: Asked) -> Subscriptions:
    """The subscriptions of the config in force, what waits for each, and which are paused."""
    return await read_subscriptions(asked.opened)


async def events(asked: Asked) -> answers.Events:
    """Events, newest first, with their data. A page ends before its limit where it has 4 MiB of data."""
    query = asked.query_as(SearchQuery).query()
    if (payload := asked.query_as(SearchQuery).payload) is not None:
        return await _searched(asked, payload, query)
    found: list[Stored] = []
    size = 0
    while size < ENOUGH:
        chunk = min(CHUNK, query.limit - len(found) + 1)
        read = await asked.opened.store.events(replace(query, limit=chunk))
        found += read
        size += sum(len(each.event.data) for each in read)
        if len(read) < chunk or len(found) > query.limit:
            break
        query = replace(query, before=read[-1].seq)
    more = len(found) > query.limit or (size >= ENOUGH and len(read) == chunk)
    kept = found[: query.limit]
    items = [rows.EventRow.of(each.event) for each in kept]
    return answers.Events.model_construct(items=items, next=str(kept[-1].seq) if more else None)


async def _searched(asked: Asked, payload: str, query: Query) -> answers.Events:
    found = await searching.look(asked.opened.store, searching.wanted(payload), query)
    items = [rows.EventRow.of(each.event) for each in found.rows]
    next = None if found.before is None else str(found.before)
    return answers.Events.model_construct(items=items, next=next)


async def event(asked: Asked) -> EventPage:
    """One event with its body, its deliveries, their attempts and its duplicates.

    The id is the gateway's event_id or, failing that, the provider's: then the newest with it.
    """
    stored = await asked.opened.store.event(asked.id)
    if stored is None:
        raise missing("event", asked.id, "/events")
    return (await read_page(asked.opened, stored)).row


async def why(asked: Asked) -> answers.Whys:
    """Of each subscription why it got one event, or why not: a delivery, its filter, a schema."""
    stored = await asked.opened.store.event(asked.id)
    if stored is None:
        raise missing("event", asked.id, "/events")
    query = Query(event_id=stored.event.event_id)
    made = [each async for each in pages(asked.opened.store.deliveries, query)]
    found = await reasons(asked.opened, stored.event, made[::-1])
    return answers.Whys.model_construct(event_id=stored.event.event_id, items=found)


async def duplicates(asked: Asked) -> answers.Duplicates:
    """Duplicates, newest first."""
    query = asked.query_as(EventQuery).query()
    found, next = await _page(asked.opened.store.duplicates, query)
    return answers.Duplicates.model_construct(items=list(map(rows.DuplicateRow.of, found)), next=next)


async def _page(fetch: Fetch[Kept], query: Query) -> tuple[Sequence[Kept], str | None]:
    """A page, and the cursor of the next one where one more row would have fitted into it."""
    found = await fetch(replace(query, limit=query.limit + 1))
    if len(found) <= query.limit:
        return found, None
    return found[: query.limit], str(found[query.limit - 1].seq)


async def groups(asked: Asked) -> answers.Groups:
    """The first events that came again: how often, over how long, from where, with the same body or another.

    The one with the newest copy comes first. With filters, only the copies that match are counted.
    """
    found, before = await groups_page(asked.opened.store, asked.query_as(EventQuery).query())
    next = None if before is None else str(before)
    return answers.Groups.model_construct(items=list(map(_group, found)), next=next)


def _group(group: Group) -> answers.GroupRow:
    return answers.GroupRow(
        event_id=group.newest.event_id,
        id=group.id,
        name=group.name,
        sources=sorted(group.sources),
        copies=group.copies,
        differing=group.differing,
        reasons=sorted(group.reasons),
        first_copy_at=group.oldest.received_at,
        first_gap=group.oldest.gap,
        last_copy_at=group.newest.received_at,
        last_gap=group.newest.gap,
    )


async def copies(asked: Asked) -> answers.Copies:
    """The copies of one event, oldest first, with the fields in which each differs from the first event.

    The id is the first event's event_id, a provider's id or a duplicate_id.
    """
    found, _ = await copies_of(asked.opened.store, asked.id)
    if not found:
        raise missing("event that came again", asked.id, "/duplicates")
    first = await asked.opened.store.event(found[0].event_id)
    return answers.Copies.model_construct(
        event_id=found[0].event_id,
        first=rows.EventRow.of(first.event) if first else None,
        copies=[_copy(each, first.event.data if first else None) for each in found],
    )


def _copy(copy: Duplicate, first: str | None) -> answers.CopyRow:
    kept = {"first": first, "brought": copy.data} if copy.fields else {}
    documents = {side: orjson.loads(data) for side, data in kept.items() if data is not None}
    row = rows.DuplicateRow.of(copy).plain()
    if copy.data is not None:
        row["data"] = rows.on_one_line(copy.data)
    differences = [_difference(path, documents) for path in copy.fields]
    return answers.CopyRow.model_construct(**row, differences=differences)


def _difference(path: str, documents: Mapping[str, Any]) -> answers.Difference:
    """The values of both sides; a side without one is left out."""
    found = {
        side: [document] if path == "$" else values_at(document, path) for side, document in documents.items()
    }
    return answers.Difference(path=path, **{side: values[0] for side, values in found.items() if values})


async def rejections(asked: Asked, quarantined: bool = False) -> answers.Rejections:
    """Refused requests, newest first. Their bodies are not shown, since nobody proved who sent them."""
    query = asked.query_as(RejectionQuery).query()
    fetch: Fetch[Rejection] = partial(asked.opened.store.rejections, quarantined=quarantined)
    found, next = await _page(fetch, query)
    return answers.Rejections.model_construct(items=list(map(rows.RejectionRow.of, found)), next=next)


async def quarantine(asked: Asked) -> answers.Rejections:
    """Refused requests that were kept whole and can be verified again, newest first."""
    return await rejections(asked, quarantined=True)


async def rejection_counts(asked: Asked) -> answers.RejectionCounts:
    """How often each source refused since ever, by reason."""
    found = await asked.opened.store.rejection_counts()
    return answers.RejectionCounts.model_construct(items=list(map(rows.RejectionCountRow.of, found)))


async def deliveries(asked: Asked) -> answers.Deliveries:
    """Deliveries, newest first."""
    found, next = await _page(asked.opened.store.deliveries, asked.query_as(DeliveryQuery).query())
    items = [rows.DeliveryRow.of(each, asked.opened.now) for each in found]
    return answers.Deliveries.model_construct(items=items, next=next)


async def delivery(asked: Asked) -> rows.TriedRow:
    """One delivery with its attempts."""
    found = await asked.opened.store.delivery(asked.id)
    if found is None:
        raise missing("delivery", asked.id, "/deliveries")
    attempts = await asked.opened.store.attempts(asked.id)
    return rows.TriedRow.told(found, attempts, asked.opened.now)


OPERATIONS = (
    look("listSources", "/sources", sources, answers.Sources, "The sources"),
    look("listSubscriptions", "/subscriptions", subscriptions, Subscriptions, "The subscriptions"),
    look("listAdapters", "/adapters", adapters_, answers.Adapters, "The adapters"),
    look("listEvents", "/events", events, answers.Events, "Events", query=SearchQuery),
    look("getEvent", "/events/{id}", event, EventPage, "One event", problems=(404,)),
    look("why", "/why/{id}", why, answers.Whys, "Why, or why not", problems=(404,)),
    look("listDuplicates", "/duplicates", duplicates, answers.Duplicates, "Duplicates", query=EventQuery),
    look(
        "listDuplicateGroups",
        "/duplicate-groups",
        groups,
        answers.Groups,
        "Duplicates by first event",
        query=EventQuery,
    ),
    look("getCopies", "/duplicates/{id}", copies, answers.Copies, "One event's copies", problems=(404,)),
    look("listRejections", "/rejections", rejections, answers.Rejections, "Rejections", query=RejectionQuery),
    look(
        "countRejections",
        "/rejection-counts",
        rejection_counts,
        answers.RejectionCounts,
        "Rejections counted by reason",
    ),
    look("listQuarantine", "/quarantine", quarantine, answers.Rejections, "Quarantine", query=RejectionQuery),
    look("listDeliveries", "/deliveries", deliveries, answers.Deliveries, "Deliveries", query=DeliveryQuery),
    look("getDelivery", "/deliveries/{id}", delivery, rows.TriedRow, "One delivery", problems=(404,)),
)
