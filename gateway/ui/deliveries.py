"""Deliveries: by state, and replaying or cancelling many after a look at which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

from gateway.cancelling import cancellation
from gateway.event import new_id
from gateway.repeating import repeat
from gateway.store.records import Delivery, NewDelivery, Query, State
from gateway.ui.looking import Found, link, look, moment, number, query
from gateway.ui.visit import Answer, Done, Page, Visit, Wrong

FIELDS = ("state", "subscription", "source", "name", "since")
STATES: tuple[State, ...] = get_args(State)
AT_ONCE = 1000
"""Deliveries that one form replays or cancels at most."""

BATCH = 100
"""Deliveries in one transaction at most."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """Something that can be done to many deliveries; `one` says it of a delivery, `wants` is its state."""

    verb: str
    past: str
    tells: str


BULK = {
    "replay": Bulk("Replay", "replayed", "Each is delivered once more, as a new delivery of the same event."),
    "cancel": Bulk("Cancel", "cancelled", "Each ends now and is not tried again; it can be replayed later."),
}


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


async def confirm(visit: Visit) -> Answer:
    """Which deliveries would be replayed or cancelled: nothing is done yet."""
    action, bulk = _bulk(visit)
    if visit.sent("scope") == "all":
        chosen = await _all(visit, action)
    else:
        chosen = await _named(visit)
    fitting, reason = [one for one in chosen if _fits(action, one)], ""
    if len(fitting) < len(chosen):
        reason = f"{len(chosen) - len(fitting)} of them are left out: only pending ones can be cancelled"
    values = {
        "title": f"{bulk.verb} deliveries",
        "action": action,
        "bulk": bulk,
        "deliveries": fitting,
        "reason": reason,
        "back": _back(visit),
    }
    return Page("confirm.html", values)


async def do(visit: Visit) -> Answer:
    """Replay or cancel the deliveries that the form names."""
    action, bulk = _bulk(visit)
    chosen = [one for one in await _named(visit) if _fits(action, one)]
    if not chosen:
        raise Wrong(f"nothing was {bulk.past}: no such delivery is there any more; see Deliveries")
    count = await (_replay(visit, chosen) if action == "replay" else _cancel(visit, chosen))
    return Done(_back(visit), f"{bulk.past} {count} {'delivery' if count == 1 else 'deliveries'}")


async def _found(visit: Visit, asked: dict[str, str]) -> Found[Delivery]:
    state = _state(asked["state"])
    since = moment(visit, "since")
    # A delivery ends after it is made: what ended since then may have been made before.
    wanted = replace(query(visit), state=state, since=since)
    newest = await visit.store.deliveries(Query(limit=1))
    high = number(visit, "before") or (newest[0].seq + 1 if newest else 1)
    low = (await visit.store.marks([0]))[0].deliveries
    alone = not (wanted.source or wanted.name or wanted.subscription or since)
    return await look(visit.store.deliveries, wanted, low, high, not (alone and state in (None, "dead")))


def _state(text: str) -> State | None:
    if not text:
        return None
    for state in STATES:
        if state == text:
            return state
    raise Wrong(f"state must be one of {', '.join(STATES)}, not {text!r}")


def _bulk(visit: Visit) -> tuple[str, Bulk]:
    action = visit.sent("action")
    if action not in BULK:
        raise Wrong(f"action must be replay or cancel, not {action!r}")
    return action, BULK[action]


def _back(visit: Visit) -> str:
    """The list that the form came from, by its own fields alone: never an address that somebody wrote."""
    return link("/ui/deliveries", {field: visit.sent(field) for field in FIELDS})


def _fits(action: str, delivery: Delivery) -> bool:
    return action == "replay" or delivery.state == "pending"


async def _named(visit: Visit) -> list[Delivery]:
    ids = list(dict.fromkeys(visit.form.get("delivery", ())))
    if not ids:
        raise Wrong("no delivery was chosen; tick some, and try again")
    if len(ids) > AT_ONCE:
        raise Wrong(f"{len(ids)} deliveries are too many for one go; take {AT_ONCE} at most")
    found = [await visit.store.delivery(id) for id in ids]
    return [one for one in found if one is not None]


async def _all(visit: Visit, action: str) -> list[Delivery]:
    """The newest deliveries that the filter of the form matches.

    To replay: those that are the last of their event for their subscription, so that doing it twice
    delivers once.
    """
    state = "pending" if action == "cancel" else _state(visit.sent("state"))
    if state is None:
        raise Wrong("choose a state first, such as dead: replaying everything is seldom meant")
    wanted = Query(
        source=visit.sent("source") or None, name=visit.sent("name") or None, state=state,
        subscription=visit.sent("subscription") or None, limit=AT_ONCE,
    )  # fmt: skip
    found = await visit.store.deliveries(wanted)
    if action == "cancel":
        return list(found)
    return [one for one in found if await _is_last(visit, one)]


async def _is_last(visit: Visit, delivery: Delivery) -> bool:
    query = Query(event_id=delivery.event_id, subscription=delivery.subscription, limit=1)
    return [last.seq for last in await visit.store.deliveries(query)] == [delivery.seq]


async def _replay(visit: Visit, chosen: Sequence[Delivery]) -> int:
    known, now = visit.settings.subscriptions, visit.now
    gone = sorted({one.subscription for one in chosen} - known.keys())
    if gone:
        raise Wrong(f"nothing was replayed: {', '.join(gone)} is not in the config now")
    new = [NewDelivery(new_id(now), one.event_id, one.subscription, now, one.delivery_id) for one in chosen]
    made = 0
    for start in range(0, len(new), BATCH):
        made += await repeat(visit.store, visit.running.router, new[start : start + BATCH], now)
    visit.site.wake({one.subscription for one in chosen})
    return made


async def _cancel(visit: Visit, chosen: Sequence[Delivery]) -> int:
    ended = 0
    for start in range(0, len(chosen), BATCH):
        part = chosen[start : start + BATCH]
        asked = [await cancellation(visit.whole, visit.running.router, one, visit.now) for one in part]
        ended += await visit.store.cancel(asked)
    return ended
