"""Subscriptions: how each fares, pausing and resuming one."""

from __future__ import annotations

from collections import Counter, defaultdict

from gateway.config import describe
from gateway.operate.latencies import latencies
from gateway.operate.rates import read_rates
from gateway.pipeline import system
from gateway.store.records import Query
from gateway.ui.visit import Answer, Done, NotThere, Page, Visit, Wrong

LATEST = 500
"""Deliveries of all subscriptions that the counts look at."""

HOUR = 3_600_000
"""ms over which the rate is told."""


async def subscriptions(visit: Visit) -> Answer:
    """Every subscription of the config, and others for which deliveries wait."""
    waiting = await visit.store.waiting()
    states: dict[str, Counter[str]] = defaultdict(Counter)
    for delivery in await visit.store.deliveries(Query(limit=LATEST)):
        states[delivery.subscription][delivery.state] += 1
    rates = await read_rates(visit.store, visit.settings, HOUR, visit.now)
    values = {
        "title": "Subscriptions",
        "subscriptions": describe(visit.settings).subscriptions,
        "paused": {pause.subscription: pause for pause in await visit.store.paused()},
        "healths": {health.subscription: health for health in await visit.store.health.all()},
        "waiting": waiting,
        "states": states,
        "took": await latencies(visit.store),
        "rates": {one.subscription: one for one in rates.subscriptions},
        "gone": sorted(waiting.keys() - visit.settings.subscriptions.keys()),
        "latest": LATEST,
    }
    return Page("subscriptions.html", values)


async def pause(visit: Visit) -> Answer:
    """Hold a subscription's deliveries back until it is resumed."""
    name = _name(visit)
    reason = f"paused in the dashboard by {visit.who.name}"
    if not await visit.store.pause(name, reason, visit.now):
        raise Wrong(f"{name} is paused already")
    told = system.paused(name, reason, visit.running.router, visit.now)
    await visit.store.accept([told])
    visit.site.wake(told.subscriptions)
    return Done("/ui/subscriptions", f"paused {name}")


async def resume(visit: Visit) -> Answer:
    """Let a paused subscription's deliveries go."""
    name = _name(visit)
    told = system.resumed(name, visit.running.router, visit.now)
    if not await visit.store.resume(name, [told]):
        raise Wrong(f"{name} is not paused")
    visit.site.wake([name, *told.subscriptions])
    return Done("/ui/subscriptions", f"resumed {name}")


def _name(visit: Visit) -> str:
    name: str = visit.request.path_params["name"]
    if name not in visit.settings.subscriptions:
        raise NotThere(f"there is no subscription {name!r} in the config")
    return name
