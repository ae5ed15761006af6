"""Events: the newest, or those that the URL asks for."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import RedirectResponse

from gateway.operate import searching
from gateway.store.records import Query, Stored
from gateway.ui.looking import PAGE, Found, link, look, moment, number, query
from gateway.ui.visit import Answer, Page, Visit, Wrong

FIELDS = ("id", "name", "source", "payload", "since", "until")


async def events(visit: Visit) -> Answer:
    """A page of events. An id that is known leads to the event itself."""
    asked = {field: visit.asked(field) or "" for field in FIELDS}
    if asked["id"] and (stored := await visit.store.event(asked["id"])):
        return RedirectResponse(f"/ui/events/{stored.event.event_id}", 303)
    wanted, before = query(visit), number(visit, "before")
    low, high = await _bounds(visit)
    bounded = wanted.name is not None or wanted.source is None
    high = min(high, before) if before else high
    found: Found[Stored] | None
    if asked["payload"] and not asked["id"]:
        found = await _by_payload(visit, asked["payload"], wanted, low, high)
    else:
        found = await look(visit.store.events, wanted, low, high, bounded) if not asked["id"] else None
    live = visit.asked("live") == "1" and before is None
    values = {
        "title": "Events",
        "asked": asked,
        "found": found,
        "older": found and found.before and link("/ui/events", asked | {"before": found.before}),
        "newest": link("/ui/events", asked),
        "before": before,
        "live": live,
        "toggle": link("/ui/events", asked | {"live": "" if live else "1"}),
        "address": link("/ui/events", asked | {"live": "1"}),
        "sources": list(visit.settings.sources),
        "is_filtered": any(asked.values()),
    }
    return Page("events.html", values)


async def _by_payload(visit: Visit, text: str, query: Query, low: int, high: int) -> Found[Stored]:
    """The events with a value in their payload; `through` says how many were looked into."""
    try:
        asked = searching.wanted(text)
    except ValueError as error:
        raise Wrong(f"payload {error}") from error
    bounded = replace(query, before=high, after=low - 1, limit=PAGE)
    found = await searching.look(visit.store, asked, bounded)
    return Found(found.rows, found.before, found.is_cut, found.through)


async def _bounds(visit: Visit) -> tuple[int, int]:
    """The places between which the wanted events lie, by their time."""
    since, until = moment(visit, "since"), moment(visit, "until")
    newest = await visit.store.events(Query(limit=1))
    high = newest[0].seq + 1 if newest else 1
    marks = await visit.store.marks([since or 0, visit.now if until is None else until])
    if until is not None:
        high = min(high, marks[1].events)
    return marks[0].events, high
