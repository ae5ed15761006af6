"""How each subscription fares: what its config comes to, what waits, what goes wrong, how long it takes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

import orjson
from pydantic import Field

from gateway.config import Subscription, describe
from gateway.operate.latencies import NONE, LatencyRow, latencies
from gateway.operate.opened import Opened
from gateway.operate.reasons import VerdictRow, verdict_json
from gateway.operate.rows import PauseRow, Row
from gateway.store.health import Health
from gateway.verdict import Verdict, VerdictCount


class HealthRow(Row):
    """What is wrong with a subscription: since when its attempts fail, and why; how its breaker stands.

    While the breaker is open one delivery is tried from `probe_at` on.
    """

    failing_since: int | None
    failing: str | None
    breaker: Literal["closed", "half open", "open"]
    opened_at: int | None
    probe_at: int | None


class LastVerdict(VerdictRow):
    """What an expression said of the newest event that the subscription did not want."""

    event_id: str

    def record(self, subscription: str) -> Verdict:
        """The verdict again."""
        return Verdict(
            subscription,
            self.reason,
            self.expression,
            orjson.dumps(self.saw).decode(),
            self.error,
            self.event_id,
            self.first_event_id,
        )


class SubscriptionRow(Row):
    """A subscription as the config resolves to; durations as text. `waiting` deliveries are pending now.

    What a config writes is in words, null where it has none; `health` is null while nothing is wrong.
    """

    name: str
    events: list[str]
    destination: str
    format: str
    timeout: str
    schedule: list[str]
    total: str
    concurrency: int
    condition: str | None
    order_by: str | None
    order: str | None
    waits: str | None
    cancels: list[str]
    transform: str | None
    idempotency: str | None
    debounce: str | None
    batch: str | None
    breaker: str | None
    priority: str | None
    rate_limit: str | None
    throttle: str | None
    timeouts: str | None
    waiting: int
    paused: PauseRow | None
    health: HealthRow | None
    latency: LatencyRow
    expression_errors: int = Field(description="Events of which an expression could not be computed.")
    last_verdict: LastVerdict | None


class LeftRow(Row):
    """A subscription that the config does not have: nobody makes the deliveries that wait for it."""

    name: str
    waiting: int
    paused: PauseRow | None


class Subscriptions(Row):
    """The subscriptions of the config, in its order; `left` are others for which deliveries wait."""

    items: list[SubscriptionRow]
    left: list[LeftRow]


async def read_subscriptions(opened: Opened) -> Subscriptions:
    """All of them, as people see them."""
    store, known = opened.store, opened.settings.subscriptions
    waiting = dict(await store.waiting())
    paused = {each.subscription: PauseRow.of(each) for each in await store.paused()}
    healths = {each.subscription: _health(each) for each in await store.health.all()}
    verdicts = {each.subscription: each for each in await store.verdict_counts(list(known))}
    took = await latencies(store)
    items = [
        SubscriptionRow.model_construct(
            **_described(asdict(each), known[each.name]),
            waiting=waiting.pop(each.name, 0),
            paused=paused.get(each.name),
            health=healths.get(each.name),
            latency=took.get(each.name, NONE),
            **_said(verdicts[each.name]),
        )
        for each in describe(opened.settings).subscriptions
    ]
    gone = {*waiting, *paused} - {each.name for each in items}
    left = [
        LeftRow.model_construct(name=name, waiting=waiting.get(name, 0), paused=paused.get(name))
        for name in sorted(gone)
    ]
    return Subscriptions.model_construct(items=items, left=left)


def _described(words: dict[str, Any], subscription: Subscription) -> dict[str, Any]:
    order = subscription.order_by
    lists = {name: list(words[name]) for name in ("events", "schedule", "cancels")}
    told = words | lists | {"order_by": None if order is None else order.text}
    return {name: value for name, value in told.items() if name in SubscriptionRow.model_fields}


def _health(health: Health) -> HealthRow:
    return HealthRow(
        failing_since=health.failing_since,
        failing=health.failing,
        breaker=health.breaker,
        opened_at=health.opened_at,
        probe_at=health.probe_at,
    )


def _said(count: VerdictCount) -> dict[str, Any]:
    last = count.last
    if last is None:
        return {"expression_errors": count.errors, "last_verdict": None}
    row = LastVerdict.model_construct(event_id=last.event_id, **verdict_json(last))
    return {"expression_errors": count.errors, "last_verdict": row}
