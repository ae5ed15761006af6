"""Why did this subscription get this event, or not? By its deliveries, its verdict and the config of now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from gateway.config import Subscription
from gateway.event import Event, compile_patterns
from gateway.operate.opened import Opened
from gateway.operate.rows import Row
from gateway.store.records import Delivery, Pause
from gateway.verdict import Reason, Verdict

Answer = Literal["delivery", "filter", "error", "idempotency", "schema", "name", "later"]
Shown = Callable[[int | None], str]
"""How a time (Unix ms) is written in a sentence."""


def utc(ms: int | None) -> str:
    """Unix ms as people elsewhere read it."""
    return "" if ms is None else datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class VerdictRow(Row):
    """What an expression or a schema said of an event when it came; `saw` is by path."""

    reason: Reason
    expression: str
    saw: Any
    error: str | None
    first_event_id: str | None = None


class WhyRow(Row):
    """What one subscription has to do with one event.

    `delivery`: it gets, or got, it. `filter` and `error`: its `if:` was not true, or could not be computed,
    when the event came. `idempotency`: an earlier event has the same key. `schema`: the data broke a schema
    that refuses. `name`: by the config of now its patterns do not match. `later`: they do, but they did not
    when the event came, or the subscription was not there.
    """

    subscription: str
    answer: Answer
    detail: str
    verdict: VerdictRow | None
    deliveries: list[str]
    paused: bool


async def reasons(
    opened: Opened, event: Event, deliveries: Sequence[Delivery], shown: Shown = utc
) -> list[WhyRow]:
    """One for each subscription of the config, then for those of former ones that have to do with `event`."""
    verdicts = {each.subscription: each for each in await opened.store.verdicts(event.event_id)}
    paused = {each.subscription: each for each in await opened.store.paused()}
    made: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        made.setdefault(delivery.subscription, []).append(delivery)
    known = opened.settings.subscriptions
    return [
        _why(
            _Case(name, event, made.get(name, []), verdicts.get(name), paused.get(name), shown),
            known.get(name),
        )
        for name in dict.fromkeys([*known, *sorted({*made, *verdicts})])
    ]


@dataclass(frozen=True, slots=True)
class _Case:
    """One subscription and one event, with everything that there is about both."""

    name: str
    event: Event
    made: Sequence[Delivery]
    verdict: Verdict | None
    paused: Pause | None
    shown: Shown

    def because(self, answer: Answer, detail: str) -> WhyRow:
        """The answer as a row."""
        return WhyRow.model_construct(
            subscription=self.name,
            answer=answer,
            detail=detail,
            verdict=None
            if self.verdict is None
            else VerdictRow.model_construct(**verdict_json(self.verdict)),
            deliveries=[delivery.delivery_id for delivery in self.made],
            paused=self.paused is not None,
        )


def _why(case: _Case, subscription: Subscription | None) -> WhyRow:
    name, event, verdict = case.name, case.event, case.verdict
    if case.made:
        said = [_state(case, case.made[-1]), *([verdict_text(verdict)] if verdict else [])]
        return case.because("delivery", "; ".join(said))
    if verdict is not None:
        return case.because(_ANSWERS.get(verdict.reason, "filter"), verdict_text(verdict))
    if subscription is not None and not compile_patterns(subscription.events).fullmatch(event.name):
        patterns = ", ".join(subscription.events)
        return case.because("name", f"by the config of now none of {patterns} matches {event.name}")
    again = f"gateway replay {event.event_id} --subscription {name}"
    by_now = "by the config of now its patterns match, but not by that of when the event came"
    return case.because("later", f"{by_now}; {again}")


_ANSWERS: Mapping[Reason, Answer] = {"error": "error", "idempotency": "idempotency", "schema": "schema"}


def _state(case: _Case, delivery: Delivery) -> str:
    """How far a delivery has come, and what it waits for."""
    if delivery.state != "pending":
        # What was never tried has no error of an attempt, but a reason.
        reason = f"; {delivery.last_error}" if delivery.last_error and not delivery.attempts else ""
        return f"{delivery.state} at {case.shown(delivery.finished_at)}{_because(delivery) or reason}"
    if case.paused is not None:
        since = case.shown(case.paused.paused_at)
        return f"pending; the subscription is paused since {since}: {case.paused.reason}"
    due = case.shown(delivery.due_at)
    if delivery.waits_for:
        return f"pending; it waits for {delivery.waits_for} until {due}"
    if delivery.batch_id is not None:
        return f"pending, in the batch {delivery.batch_id}, due at {due} at the latest"
    if delivery.held:
        return f"pending; an earlier delivery of the key {delivery.order_key!r} comes first"
    return f"pending, due at {due}"


def _because(delivery: Delivery) -> str:
    """Which event cancelled a delivery, where one did."""
    ended = [wait for wait in delivery.waited if wait.ends and wait.state == "matched"]
    if delivery.state != "cancelled" or not ended:
        return ""
    return f" by cancel_on {' '.join(ended[0].patterns)}, event {ended[0].async_id}"


def verdict_text(verdict: Verdict) -> str:
    """A verdict in a sentence."""
    saw = f"; it saw {verdict.saw}" if verdict.saw != "{}" else ""
    if verdict.reason == "idempotency" and verdict.error is None:
        return f"{verdict.first_event_id} has the same idempotency key: {verdict.expression}{saw}"
    if verdict.reason in _KEYS:
        key, does = _KEYS[verdict.reason]
        return f"{does}: {key} {verdict.expression} failed: {verdict.error}{saw}"
    if verdict.reason == "schema":
        again = f"gateway replay {verdict.event_id} --subscription {verdict.subscription}"
        return f"its data breaks the schema of {verdict.expression}: {verdict.saw}; to deliver it: {again}"
    if verdict.reason == "error":
        return f"if: {verdict.expression} failed, which counts as no match: {verdict.error}{saw}"
    return f"if: {verdict.expression} was not true{saw}"


_KEYS: Mapping[Reason, tuple[str, str]] = {
    "order": ("order_by:", "without an order key"),
    "idempotency": ("idempotency:", "delivered without an idempotency key"),
    "debounce": ("debounce.key:", "delivered at once, without a debounce key"),
    "batch": ("batch.key:", "in the batch of those without a key"),
    "priority": ("priority:", "delivered without a priority"),
}
"""Where an expression for a key stands, and what happened as it failed."""


def verdict_json(verdict: Verdict) -> Mapping[str, Any]:
    """The fields of a verdict, but for its subscription and event."""
    return {
        "reason": verdict.reason,
        "expression": verdict.expression,
        "saw": orjson.Fragment(verdict.saw.encode()),
        "error": verdict.error,
        "first_event_id": verdict.first_event_id,
    }
