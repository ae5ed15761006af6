"""Why did this subscription get this event, or not? By its deliveries, its verdict and the config of now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from gateway.cli.listing import Columns, local
from gateway.cli.opening import Opened
from gateway.config import Subscription
from gateway.event import Event, compile_patterns
from gateway.store.records import Delivery, Pause
from gateway.verdict import Reason, Verdict

Answer = Literal["delivery", "filter", "error", "idempotency", "schema", "name", "later"]


@dataclass(frozen=True, slots=True)
class Why:
    """What one subscription has to do with one event.

    `delivery`: it gets, or got, it. `filter` and `error`: its `if:` was not true, or could not be computed,
    when the event came. `idempotency`: an earlier event has the same key. `schema`: the data broke a schema
    that refuses. `name`: by the config of now its patterns do not match. `later`: they do, but they did not
    when the event came, or the subscription was not there.
    """

    subscription: str
    answer: Answer
    detail: str
    verdict: Verdict | None = None
    deliveries: Sequence[Delivery] = ()
    paused: Pause | None = None


async def reasons(opened: Opened, event: Event, deliveries: Sequence[Delivery]) -> list[Why]:
    """One for each subscription of the config, then for those of former ones that have to do with `event`."""
    verdicts = {each.subscription: each for each in await opened.store.verdicts(event.event_id)}
    paused = {each.subscription: each for each in await opened.store.paused()}
    made: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        made.setdefault(delivery.subscription, []).append(delivery)
    known = opened.settings.subscriptions
    return [
        _why(name, event, known.get(name), made.get(name, []), verdicts.get(name), paused.get(name))
        for name in dict.fromkeys([*known, *sorted({*made, *verdicts})])
    ]


def _why(
    name: str,
    event: Event,
    subscription: Subscription | None,
    made: Sequence[Delivery],
    verdict: Verdict | None,
    paused: Pause | None,
) -> Why:
    if made:
        said = [_state(made[-1], paused), *([verdict_text(verdict)] if verdict else [])]
        return Why(name, "delivery", "; ".join(said), verdict, made, paused)
    if verdict is not None:
        answer = _ANSWERS.get(verdict.reason, "filter")
        return Why(name, answer, verdict_text(verdict), verdict, paused=paused)
    if subscription is not None and not compile_patterns(subscription.events).fullmatch(event.name):
        detail = f"by the config of now none of {', '.join(subscription.events)} matches {event.name}"
        return Why(name, "name", detail, paused=paused)
    again = f"gateway replay {event.event_id} --subscription {name}"
    detail = f"by the config of now its patterns match, but not by that of when the event came; {again}"
    return Why(name, "later", detail, paused=paused)


_ANSWERS: Mapping[Reason, Answer] = {"error": "error", "idempotency": "idempotency", "schema": "schema"}


def _state(delivery: Delivery, paused: Pause | None) -> str:
    """How far a delivery has come, and what it waits for."""
    if delivery.state != "pending":
        # What was never tried has no error of an attempt, but a reason.
        reason = f"; {delivery.last_error}" if delivery.last_error and not delivery.attempts else ""
        return f"{delivery.state} at {local(delivery.finished_at)}{_because(delivery) or reason}"
    if paused is not None:
        return f"pending; the subscription is paused since {local(paused.paused_at)}: {paused.reason}"
    if delivery.waits_for:
        return f"pending; it waits for {delivery.waits_for} until {local(delivery.due_at)}"
    if delivery.batch_id is not None:
        return f"pending, in the batch {delivery.batch_id}, due at {local(delivery.due_at)} at the latest"
    if delivery.held:
        return f"pending; an earlier delivery of the key {delivery.order_key!r} comes first"
    return f"pending, due at {local(delivery.due_at)}"


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


def why_json(why: Why) -> dict[str, Any]:
    """The fields of an answer."""
    return {
        "subscription": why.subscription,
        "answer": why.answer,
        "detail": why.detail,
        "verdict": None if why.verdict is None else verdict_json(why.verdict),
        "deliveries": [delivery.delivery_id for delivery in why.deliveries],
        "paused": why.paused is not None,
    }


COLUMNS: Columns[Why] = {
    "SUBSCRIPTION": lambda why: why.subscription,
    "ANSWER": lambda why: why.answer,
    "WHY": lambda why: why.detail,
}
