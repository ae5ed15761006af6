"""Replaying or cancelling many deliveries: after a look at which, a batch at a time, telling how far it came.

Each form names the deliveries of its batch and those left; with JavaScript the next is sent by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.cancelling import cancellation
from gateway.event import new_id
from gateway.repeating import repeat
from gateway.store.records import Delivery, NewDelivery, Query
from gateway.ui.deliveries import AT_ONCE, FIELDS, state_of
from gateway.ui.looking import link, moment_of
from gateway.ui.rendering import count
from gateway.ui.visit import Answer, Done, Page, Visit, Wrong

BATCH = 100
"""Deliveries of one form, which are done before it is answered."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """Something that can be done to many deliveries; `tells` says of each what happens to it."""

    verb: str
    past: str
    tells: str
    excludes: str


BULK = {
    "replay": Bulk(
        "Replay",
        "replayed",
        "Each is delivered once more, as a new delivery of the same event.",
        "their subscription is not in the config now",
    ),
    "cancel": Bulk(
        "Cancel",
        "cancelled",
        "Each ends now and is not tried again; it can be replayed later.",
        "only pending ones can be cancelled",
    ),
}


async def confirm(visit: Visit) -> Answer:
    """Which deliveries would be replayed or cancelled: nothing is done yet."""
    action, bulk = _bulk(visit)
    chosen = await (_all(visit, action) if visit.sent("scope") == "all" else _named(visit))
    fitting, reason = [one for one in chosen if _fits(visit, action, one)], ""
    if len(fitting) < len(chosen):
        reason = f"{len(chosen) - len(fitting)} of them are left out: {bulk.excludes}"
    ids = [one.delivery_id for one in fitting]
    values = {"title": f"{bulk.verb} deliveries", "deliveries": fitting, "reason": reason}
    return Page("confirm.html", values | _form(visit, ids, total=len(ids), done=0, asked=visit.now))


async def do(visit: Visit) -> Answer:
    """Replay or cancel the deliveries of this form; the page then goes on with those that are left."""
    action, bulk = _bulk(visit)
    chosen = [one for one in await _named(visit) if _fits(visit, action, one)]
    made = await (_replay(visit, chosen) if action == "replay" else _cancel(visit, chosen))
    done, left = _number(visit, "done") + made, list(visit.form.get("left", ()))
    said = f"{bulk.past} {count(done, 'delivery', 'deliveries')}"
    if left:
        total = max(_number(visit, "total"), len(left))
        values = {"title": f"{bulk.verb} deliveries", "gone": total - len(left)}
        form = _form(visit, left, total, done, _number(visit, "asked"))
        return Page("progress.html", values | form, said=said)
    if not done:
        raise Wrong(f"nothing was {bulk.past}: it was done already, or they are gone; see Deliveries")
    return Done(_back(visit), said)


def _form(visit: Visit, ids: Sequence[str], total: int, done: int, asked: int) -> dict[str, object]:
    """What the next form is made of; `asked` is when (Unix ms) its person looked at which."""
    action, bulk = _bulk(visit)
    kept = {field: visit.sent(field) for field in FIELDS}
    return {
        "action": action, "bulk": bulk, "batch": ids[:BATCH], "left": ids[BATCH:], "total": total,
        "done": done, "asked": asked, "filter": kept, "back": _back(visit),
    }  # fmt: skip


def _bulk(visit: Visit) -> tuple[str, Bulk]:
    action = visit.sent("action")
    if action not in BULK:
        raise Wrong(f"action must be replay or cancel, not {action!r}")
    return action, BULK[action]


def _back(visit: Visit) -> str:
    """The list that the form came from, by its own fields alone: never an address that somebody wrote."""
    return link("/ui/deliveries", {field: visit.sent(field) for field in FIELDS})


def _number(visit: Visit, field: str) -> int:
    text = visit.sent(field)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _fits(visit: Visit, action: str, delivery: Delivery) -> bool:
    if action == "cancel":
        return delivery.state == "pending"
    return delivery.subscription in visit.settings.subscriptions


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
    state = "pending" if action == "cancel" else state_of(visit.sent("state"))
    if state is None:
        raise Wrong("choose a state first, such as dead: replaying everything is seldom meant")
    wanted = Query(
        source=visit.sent("source") or None, name=visit.sent("name") or None, state=state,
        subscription=visit.sent("subscription") or None, limit=AT_ONCE,
        since=moment_of(visit.sent("since"), visit.now),
    )  # fmt: skip
    found = await visit.store.deliveries(wanted)
    if action == "cancel":
        return list(found)
    return [one for one in found if (await _last(visit, one)).seq == one.seq]


async def _last(visit: Visit, delivery: Delivery) -> Delivery:
    """The newest delivery of the same event for the same subscription."""
    query = Query(event_id=delivery.event_id, subscription=delivery.subscription, limit=1)
    return next(iter(await visit.store.deliveries(query)), delivery)


async def _replay(visit: Visit, chosen: Sequence[Delivery]) -> int:
    """Replay what this form did not replay already: a form may be sent twice."""
    asked, now = _number(visit, "asked"), visit.now
    fresh = [one for one in chosen if not asked or not await _was_replayed(visit, one, asked)]
    new = [NewDelivery(new_id(now), one.event_id, one.subscription, now, one.delivery_id) for one in fresh]
    made = 0
    for start in range(0, len(new), BATCH):
        made += await repeat(visit.whole, visit.running.router, new[start : start + BATCH], now)
    visit.site.wake({one.subscription for one in fresh})
    return made


async def _was_replayed(visit: Visit, delivery: Delivery, since: int) -> bool:
    last = await _last(visit, delivery)
    return last.replay_of == delivery.delivery_id and last.created_at >= since


async def _cancel(visit: Visit, chosen: Sequence[Delivery]) -> int:
    ended = 0
    for start in range(0, len(chosen), BATCH):
        part = chosen[start : start + BATCH]
        asked = [await cancellation(visit.whole, visit.running.router, one, visit.now) for one in part]
        ended += await visit.store.cancel(asked)
    return ended
