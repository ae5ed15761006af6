"""One event with all that is known of it, and its replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from gateway.event import compile_patterns, new_id
from gateway.operate.listening import hand_to, listeners_now
from gateway.operate.shown import verdicts
from gateway.repeating import repeat
from gateway.store import Store
from gateway.store.records import Attempt, Delivery, NewDelivery, Query, Stored
from gateway.ui.duplicates import Difference, differences
from gateway.ui.tree import tree
from gateway.ui.verification import covered, verification
from gateway.ui.visit import Answer, Done, NotThere, Page, Visit, Wrong
from gateway.verdict import Verdict

MOST = 100
"""Deliveries and duplicates of one event that are shown."""

LISTENER = "listener:"
"""What the name of a listener stands behind in a form, where else a subscription's would be."""

SHOWN = 65_536
"""Bytes of the raw body that are shown; the rest can be fetched."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Whether a subscription wants the event, by the config of now, and what its expressions said of it.

    `said` is the verdict that was kept when the event came, else that of now.
    """

    subscription: str
    patterns: Sequence[str]
    matches: bool
    wants: bool
    has_delivery: bool
    said: Verdict | None


@dataclass(frozen=True, slots=True)
class Course:
    """A delivery from its making to its end, with each attempt."""

    delivery: Delivery
    attempts: Sequence[Attempt]


async def event(visit: Visit) -> Answer:
    """The page of one event."""
    stored = await _stored(visit)
    query = Query(event_id=stored.event.event_id, limit=MOST)
    deliveries = await visit.store.deliveries(query)
    copies = await visit.store.duplicates(query)
    shown: list[tuple[object, Sequence[Difference]]] = [
        (copy, differences(copy, stored)) for copy in reversed(copies)
    ]
    values = {
        "title": stored.event.name,
        "stored": stored,
        "event": stored.event,
        "reception": stored.reception,
        "checks": verification(visit, stored),
        "covered": covered(visit, stored),
        "tree": tree(stored.event.data),
        "written": stored.event.data if len(stored.event.data) <= SHOWN else "",
        "body": stored.body[:SHOWN].decode("utf-8", "replace"),
        "size": len(stored.body),
        "is_cut": len(stored.body) > SHOWN,
        "courses": [Course(d, await visit.store.attempts(d.delivery_id)) for d in reversed(deliveries)],
        "copies": shown,
        "wishes": await _wishes(visit, stored, {delivery.subscription for delivery in deliveries}),
        "listeners": await listeners_now(visit.opened),
        "most": MOST,
        "is_redacted": bool(visit.settings.redactions.at(stored.event.source)),
        "is_of_a_source": stored.event.source in visit.settings.sources,
    }
    return Page("event.html", values)


async def body(visit: Visit) -> Answer:
    """The raw bytes of the request, but for what its source hides, as a file: never as a page of ours."""
    stored = await _stored(visit)
    named = {"content-disposition": f'attachment; filename="{stored.event.event_id}.bin"'}
    return Response(stored.body, media_type="application/octet-stream", headers=named)


async def replay(visit: Visit) -> Answer:
    """Make new deliveries of the event: to one subscription, or to all that want it now."""
    stored = await _stored(visit, visit.whole)
    chosen, known = visit.sent("subscription"), visit.settings.subscriptions
    if chosen.startswith(LISTENER):
        return await _hand(visit, stored, chosen.removeprefix(LISTENER))
    if chosen and chosen not in known:
        raise Wrong(f"there is no subscription {chosen!r} in the config now")
    router = visit.running.router
    targets = (chosen,) if chosen else router.route(stored.event).subscriptions
    if not targets:
        raise Wrong(f"no subscription wants {stored.event.name}; choose one by its name")
    id = stored.event.event_id
    new = [
        NewDelivery(
            new_id(visit.now), id, target, visit.now, order_key=router.order_key(target, stored.event)
        )
        for target in targets
    ]
    made = await repeat(visit.whole, router, new, visit.now)
    visit.site.wake(targets)
    return Done(f"/ui/events/{id}", f"replayed {id} to {', '.join(targets)}: new deliveries {made}")


async def _hand(visit: Visit, stored: Stored, listener: str) -> Answer:
    """Send the event to somebody's `gateway listen`."""
    id = stored.event.event_id
    if not (await hand_to(visit.opened, listener, [id])).is_there:
        raise Wrong(f"{listener} listens no more; start it again with: gateway listen --as {listener}")
    return Done(f"/ui/events/{id}", f"sent {id} to {listener}")


async def _stored(visit: Visit, store: Store | None = None) -> Stored:
    id = visit.request.path_params["id"]
    stored = await (store or visit.store).event(id)
    if stored is None:
        raise NotThere(f"there is no event {id!r}; it may have been purged, see all under Events")
    return stored


async def _wishes(visit: Visit, stored: Stored, having: set[str]) -> list[Wish]:
    whole = await _stored(visit, visit.whole)
    event, routed = stored.event, visit.running.router.route(whole.event)
    now = verdicts(visit.settings.redactions, whole.event, routed.verdicts)
    said = {one.subscription: one for one in now}
    said |= {one.subscription: one for one in await visit.store.verdicts(event.event_id)}
    return [
        Wish(
            name,
            one.events,
            compile_patterns(one.events).fullmatch(event.name) is not None,
            name in routed.subscriptions,
            name in having,
            said.get(name),
        )
        for name, one in visit.settings.subscriptions.items()
    ]
