"""Replay: new deliveries of stored events. First a plan, which a dry run shows, then its carrying out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from gateway.event import new_id
from gateway.operate.opened import Opened
from gateway.operate.paging import pages
from gateway.repeating import repeat
from gateway.store.records import Delivery, NewDelivery, Query, Stored

BATCH = 500
"""New deliveries in one transaction at most."""

Tell = Callable[[int], None]
"""Hears how many more are done."""

RATE = 50
"""New deliveries that become due in a second, where they were not named one by one."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A delivery to make, with the name of its event."""

    new: NewDelivery
    name: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an id can't be replayed: there is nothing of that `id`; no subscription wants the event of that
    `name`; or the delivery's own subscription, of that `name`, is not in the config any more."""

    id: str
    why: Literal["missing", "unwanted", "gone"]
    name: str = ""


@dataclass(slots=True)
class Plan:
    """What a replay would make. Where there is a problem, nothing is to be done.

    `waiting` are deliveries that were asked for and are still pending, `gone` the subscriptions whose dead
    deliveries were left out; `more`: the plan ends before what was asked for does.
    """

    planned: list[Planned] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    waiting: list[Delivery] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    more: bool = False


async def plan_of_ids(opened: Opened, ids: Sequence[str], subscription: str | None = None) -> Plan:
    """What event_ids, providers' ids and delivery_ids ask for; each to `subscription` where one is given."""
    plan = Plan()
    for id in dict.fromkeys(ids):
        # First as a delivery: the system event of a failed delivery has the delivery's id as its own.
        if (delivery := await opened.whole.delivery(id)) is not None:
            _add_delivery(plan, opened, delivery, subscription)
        elif (stored := await opened.whole.event(id)) is not None:
            _add_event(plan, opened, stored, subscription)
        else:
            plan.problems.append(Problem(id, "missing"))
    return plan


def _add_delivery(plan: Plan, opened: Opened, delivery: Delivery, subscription: str | None) -> None:
    target = subscription or delivery.subscription
    if target not in opened.settings.subscriptions:
        plan.problems.append(Problem(delivery.delivery_id, "gone", target))
        return
    if delivery.state == "pending":
        plan.waiting.append(delivery)
    plan.planned.append(_planned(opened, delivery.event_id, delivery.name, target, delivery.delivery_id))


def _add_event(plan: Plan, opened: Opened, stored: Stored, subscription: str | None) -> None:
    event = stored.event
    targets = (subscription,) if subscription else opened.router.route(event).subscriptions
    if not targets:
        plan.problems.append(Problem(event.event_id, "unwanted", event.name))
    for target in targets:
        one = _planned(opened, event.event_id, event.name, target)
        key = opened.router.order_key(target, event)
        plan.planned.append(replace(one, new=replace(one.new, order_key=key)))


async def plan_of_events(
    opened: Opened,
    query: Query,
    until: int | None = None,
    subscription: str | None = None,
    limit: int | None = None,
    tell: Tell = lambda _: None,
) -> Plan:
    """The events that `query` wants and that were received before `until` (Unix ms), oldest first.

    Each to who wants it, or to `subscription`; system events where a pattern or a source asks for them.
    `tell` hears of each that is planned. With more than `limit` deliveries the plan has `more`, and is not to
    be carried out: which are missing, nobody could say.
    """
    plan = Plan()
    found = [one async for one in pages(opened.whole.events, query) if _is_meant(one, query, until)]
    for stored in reversed(found):
        tell(1)
        for target in (subscription,) if subscription else opened.router.route(stored.event).subscriptions:
            if len(plan.planned) == limit:
                plan.more = True
                return plan
            plan.planned.append(await _again(opened, stored, target))
    return plan


def _is_meant(stored: Stored, query: Query, until: int | None) -> bool:
    if until is not None and stored.event.received_at >= until:
        return False
    return not stored.event.is_system or query.source is not None or query.name is not None


async def _again(opened: Opened, stored: Stored, target: str) -> Planned:
    """A new delivery of an event; what it replays is the newest that there is of both."""
    event = stored.event
    last = await opened.whole.deliveries(Query(event_id=event.event_id, subscription=target, limit=1))
    one = _planned(opened, event.event_id, event.name, target, last[0].delivery_id if last else None)
    return replace(one, new=replace(one.new, order_key=opened.router.order_key(target, event)))


def spread(planned: Sequence[Planned], rate: int | None) -> list[Planned]:
    """The same, due `rate` a second, so that live deliveries find their place between them; None: at once."""
    if rate is None:
        return list(planned)
    return [
        replace(one, new=replace(one.new, due_at=one.new.due_at + 1000 * number // rate))
        for number, one in enumerate(planned)
    ]


async def plan_of_dead(
    opened: Opened,
    query: Query,
    limit: int | None = None,
    until: int | None = None,
    tell: Tell = lambda _: None,
) -> Plan:
    """The dead deliveries that `query` wants and that are the last of their event for their subscription.

    One that was replayed already, or has a replay under way, is left alone, so that doing this twice
    delivers once. `limit` bounds the plan; `until` (Unix ms) is when they ended at the latest.
    """
    plan = Plan()
    async for delivery in _dead(opened, query, plan.gone):
        tell(1)
        if until is not None and (delivery.finished_at or 0) >= until:
            continue
        if len(plan.planned) == limit:
            plan.more = True
            break
        id, name = delivery.event_id, delivery.name
        plan.planned.append(_planned(opened, id, name, delivery.subscription, delivery.delivery_id))
    return plan


async def _dead(opened: Opened, query: Query, gone: set[str]) -> AsyncIterator[Delivery]:
    async for delivery in pages(opened.whole.deliveries, replace(query, state="dead")):
        if delivery.subscription not in opened.settings.subscriptions:
            gone.add(delivery.subscription)
        elif await _is_last(opened, delivery):
            yield delivery


async def _is_last(opened: Opened, delivery: Delivery) -> bool:
    query = Query(event_id=delivery.event_id, subscription=delivery.subscription, limit=1)
    return [last.seq for last in await opened.whole.deliveries(query)] == [delivery.seq]


def _planned(
    opened: Opened, event_id: str, name: str, subscription: str, replay_of: str | None = None
) -> Planned:
    now = opened.now
    return Planned(NewDelivery(new_id(now), event_id, subscription, now, replay_of), name)


async def carry_out(opened: Opened, planned: Sequence[Planned], tell: Tell = lambda _: None) -> int:
    """Make the deliveries, BATCH a transaction; `tell` hears of each. Returns how many were made."""
    made = 0
    for start in range(0, len(planned), BATCH):
        batch = [one.new for one in planned[start : start + BATCH]]
        made += await repeat(opened.whole, opened.router, batch, opened.now)
        tell(len(batch))
    return made
