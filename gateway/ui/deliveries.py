"""Deliveries: by state, subscription, source, name and time."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from gateway.store.records import Delivery, Query, State
from gateway.ui.looking import Found, link, look, moment, number, query
from gateway.ui.visit import Answer, Page, Visit, Wrong

FIELDS = ("state", "subscription", "source", "name", "since")
STATES: tuple[State, ...] = get_args(State)
AT_ONCE = 1000
"""Deliveries that one form replays or cancels at most."""


async def deliveries(visit: Visit) -> Answer:
    """A page of deliveries with what can be done to them."""
    asked = {field: visit.asked(field) or "" for field in FIELDS}
    found = await _found(visit, asked)
    values = {
        "title": "Deliveries",
        "asked": asked,
        "found": found,
        "older": found.before and link("/ui/deliveries", asked | {"before": found.before}),
        "states": {state: link("/ui/deliveries", asked | {"state": state}) for state in ("", *STATES)},
        "subscriptions": list(visit.settings.subscriptions),
        "sources": list(visit.settings.sources),
        "paused": {pause.subscription: pause for pause in await visit.store.paused()},
        "is_filtered": any(asked.values()),
        "at_once": AT_ONCE,
    }
    return Page("deliveries.html", values)


async def _found(visit: Visit, asked: dict[str, str]) -> Found[Delivery]:
    state = state_of(asked["state"])
    since = moment(visit, "since")
    # A delivery ends after it is made: what ended since then may have been made before.
    wanted = replace(query(visit), state=state, since=since)
    newest = await visit.store.deliveries(Query(limit=1))
    high = number(visit, "before") or (newest[0].seq + 1 if newest else 1)
    low = (await visit.store.marks([0]))[0].deliveries
    alone = not (wanted.source or wanted.name or wanted.subscription or since)
    return await look(visit.store.deliveries, wanted, low, high, not (alone and state in (None, "dead")))


def state_of(text: str) -> State | None:
    """The state that a filter names; None where it names none. Raises Wrong."""
    if not text:
        return None
    for state in STATES:
        if state == text:
            return state
    raise Wrong(f"state must be one of {', '.join(STATES)}, not {text!r}")
