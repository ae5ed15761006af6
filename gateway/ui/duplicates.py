"""Duplicates, grouped by the event that came first, and the copies of one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import orjson

from gateway.config import format_duration
from gateway.copies import grouped
from gateway.event import values_at
from gateway.store.records import Duplicate, Query, Stored
from gateway.ui.looking import Found, link, look, moment, number, query
from gateway.ui.tree import text_of
from gateway.ui.visit import Answer, NotThere, Page, Visit

READ = 300
"""Copies that one page groups."""

COPIES = 200
"""Copies of one event that are shown."""

LONGEST = 500
"""Characters of a field's value."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which a copy differed, and what both have there; None where one has nothing, or is gone."""

    path: str
    first: str | None
    copy: str | None


async def duplicates(visit: Visit) -> Answer:
    """The newest copies, one row a first event."""
    asked = {name: visit.asked(name) or "" for name in ("source", "name", "since")}
    found = await _found(visit)
    groups = await grouped(_each(found.rows))
    for group in groups:
        await group.name_first(visit.store)
    values = {
        "title": "Duplicates",
        "groups": groups,
        "asked": asked,
        "older": found.before and link("/ui/duplicates", asked | {"before": found.before}),
        "found": found,
        "windows": windows(visit),
        "sources": list(visit.settings.sources),
        "is_filtered": any(asked.values()),
    }
    return Page("duplicates.html", values)


async def _found(visit: Visit) -> Found[Duplicate]:
    since = moment(visit, "since")
    wanted = replace(query(visit), since=since)
    newest = await visit.store.duplicates(Query(limit=1))
    high = number(visit, "before") or (newest[0].seq + 1 if newest else 1)
    low = (await visit.store.marks([since or 0]))[0].duplicates
    is_filtered = wanted.source is not None or wanted.name is not None
    return await look(visit.store.duplicates, wanted, low, high, is_filtered, READ)


async def copies(visit: Visit) -> Answer:
    """The copies of one first event, with the fields that differ."""
    id = visit.request.path_params["id"]
    found = await visit.store.duplicates(Query(event_id=id, limit=COPIES))
    first = await visit.store.event(id)
    if not found:
        raise NotThere(f"the event {id!r} has no duplicates that are still kept")
    values = {
        "title": "Copies of one event",
        "first": first,
        "id": id,
        "newest": found[0],
        "copies": [(copy, differences(copy, first)) for copy in reversed(found)],
        "window": windows(visit).get(found[0].source),
        "addresses": sorted({copy.remote_addr for copy in found}),
        "is_cut": len(found) == COPIES,
    }
    return Page("copies.html", values)


def windows(visit: Visit) -> dict[str, str]:
    """The dedupe window of each source in words."""
    settings = visit.settings
    return {name: format_duration(source.window(settings)) for name, source in settings.sources.items()}


def differences(copy: Duplicate, first: Stored | None) -> Sequence[Difference]:
    """The fields of a copy that differ from the first event."""
    if not copy.fields:
        return []
    one, other = _document(first.event.data if first else None), _document(copy.data)
    return [Difference(path, _value(one, path), _value(other, path)) for path in copy.fields]


def _document(data: str | None) -> object:
    try:
        return None if data is None else orjson.loads(data)
    except ValueError:  # no JSON, which differs as a whole
        return data


def _value(document: object, path: str) -> str | None:
    found = [document] if path == "$" else values_at(document, path)
    return text_of(found[0], LONGEST) if found else None


async def _each(copies: Sequence[Duplicate]) -> AsyncIterator[Duplicate]:
    for copy in copies:
        yield copy
