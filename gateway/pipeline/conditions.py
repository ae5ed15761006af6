"""From the rules of a subscription to the terms on which it takes one event. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.expression import Expression
from gateway.pipeline.keys import Key, key_of, kind
from gateway.terms import Batch, Debounce, Once, Terms
from gateway.verdict import Reason, Verdict, verdict

MOST_PRIORITY = 600.0
"""Seconds by which a delivery may go before others that have been due for longer, or behind them."""


@dataclass(frozen=True, slots=True)
class OnceRule:
    """`idempotency:`, its window in ms."""

    key: Expression
    window: int


@dataclass(frozen=True, slots=True)
class DebounceRule:
    """`debounce:`, its durations in ms. Without `key` all events of the subscription have the same."""

    key: Expression | None
    period: int
    timeout: int | None


@dataclass(frozen=True, slots=True)
class BatchRule:
    """`batch:`, its duration in ms, its `max_body` in bytes. Without `key` all events have the same."""

    key: Expression | None
    size: int
    timeout: int
    max_body: int


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the terms of a subscription are made from."""

    once: OnceRule | None = None
    debounce: DebounceRule | None = None
    batch: BatchRule | None = None
    priority: Expression | None = None


def terms(name: str, rules: Conditions, seen: Mapping[str, Any]) -> tuple[Terms, list[Verdict]]:
    """The terms of the subscription `name` for an event, and what is to be told of expressions that failed.

    An expression that fails never costs a delivery: without a key an event is no repetition, is delivered
    at once, or goes with the others that have none.
    """
    told: list[Verdict] = []
    once = None if rules.once is None else _once(name, rules.once, seen, told)
    gathers: Debounce | Batch | None = None
    if rules.debounce is not None:
        gathers = _debounce(name, rules.debounce, seen, told)
    elif rules.batch is not None:
        key = _key(name, "batch", rules.batch.key, seen, told).text or ""
        gathers = Batch(key, rules.batch.size, rules.batch.timeout, rules.batch.max_body)
    priority = 0 if rules.priority is None else _priority(name, rules.priority, seen, told)
    return Terms(once, gathers, priority), told


def _priority(name: str, expression: Expression, seen: Mapping[str, Any], told: list[Verdict]) -> int:
    """Seconds as ms, MOST_PRIORITY at most. What is no number is told, and counts as 0."""
    got = expression.evaluate(seen)
    value = got.value
    if got.error is None and isinstance(value, int | float) and not isinstance(value, bool):
        return 0 if math.isnan(value) else round(max(-MOST_PRIORITY, min(MOST_PRIORITY, value)) * 1000)
    if got.error is not None or value is not None:
        error = got.error or f"must be a number of seconds, and is {kind(value)}"
        told.append(verdict(name, "priority", expression.text, expression.saw(seen), error))
    return 0


def _once(name: str, rule: OnceRule, seen: Mapping[str, Any], told: list[Verdict]) -> Once | None:
    key = _key(name, "idempotency", rule.key, seen, told)
    if key.text is None:
        return None
    repeated = verdict(name, "idempotency", rule.key.text, rule.key.saw(seen), None)
    return Once(key.text, rule.window, repeated)


def _debounce(name: str, rule: DebounceRule, seen: Mapping[str, Any], told: list[Verdict]) -> Debounce | None:
    key = _key(name, "debounce", rule.key, seen, told)
    return None if key.text is None else Debounce(key.text, rule.period, rule.timeout)


def _key(
    name: str, reason: Reason, expression: Expression | None, seen: Mapping[str, Any], told: list[Verdict]
) -> Key:
    if expression is None:
        return Key("")
    key = key_of(expression, seen)
    if key.error is not None:
        told.append(verdict(name, reason, expression.text, expression.saw(seen), key.error))
    return key
