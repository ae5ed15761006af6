"""What a subscription's deliveries wait for, and what ends them: other events, as config.yaml states them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from gateway.config.patterns import Patterns
from gateway.config.problems import shown
from gateway.config.section import Section
from gateway.config.units import Duration, format_duration
from gateway.expression import TWO, Expression
from gateway.wait import MAX_PATTERNS

SHORTEST, LONGEST = 1.0, 365 * 86_400.0
"""Seconds that a wait may last."""

MOST_CANCELS = 10
"""Events that may cancel a subscription's deliveries: each costs a row for every delivery."""

_MATCH = '"event.data.id == async.data.id"'


def cel_of_two(value: object) -> Expression | None:
    """Compiled, over `event` and `async`; None where nothing is written. Raises ValueError."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"must be a CEL expression in quotes, such as {_MATCH}, not {shown(value)}")
    return Expression(value, TWO)


CelOfTwo = Annotated[Expression | None, PlainValidator(cel_of_two)]
"""An expression over `event`, the delivery's own, and `async`, the one that comes."""


def _one(value: Any) -> Any:
    """One pattern is short for a list of one."""
    return [value] if isinstance(value, str) else value


def _not_too_long(patterns: tuple[str, ...]) -> tuple[str, ...]:
    if sum(map(len, patterns)) > MAX_PATTERNS:
        raise ValueError(f"all patterns together may have {MAX_PATTERNS} characters")
    return patterns


Awaited = Annotated[Patterns, AfterValidator(_not_too_long), BeforeValidator(_one)]


def _in_range(seconds: float) -> float:
    if not SHORTEST <= seconds <= LONGEST:
        least, most = format_duration(SHORTEST), format_duration(LONGEST)
        raise ValueError(f"must be {least} to {most}, not {format_duration(seconds)}")
    return seconds


class Waits(Section):
    """After an event of the subscription's, wait `timeout` seconds for one of `for` that `match` holds for.

    The delivery goes on with the event that came, or without one.
    """

    for_: Awaited = Field(alias="for", examples=['"shop/order.paid"'])
    match: CelOfTwo = None
    timeout: Annotated[Duration, AfterValidator(_in_range)] = Field(examples=["24h"])


class Cancel(Section):
    """An event of which names, for which `if_` holds, cancels a delivery that has not been made yet."""

    event: Awaited = Field(examples=['"shop/order.cancelled"'])
    if_: CelOfTwo = Field(None, alias="if")


def _list(value: Any) -> Any:
    """One rule is short for a list of one."""
    if isinstance(value, str):
        raise ValueError(
            f'must be a rule such as {{event: "shop/order.cancelled", if: {_MATCH}}}, or a list of such, '
            f"not {shown(value)}"
        )
    return [value] if isinstance(value, Mapping) else value


def _not_too_many(rules: tuple[Cancel, ...]) -> tuple[Cancel, ...]:
    if len(rules) > MOST_CANCELS:
        raise ValueError(f"may hold {MOST_CANCELS} rules, not {len(rules)}; name several events in one")
    return rules


CancelOn = Annotated[tuple[Cancel, ...], AfterValidator(_not_too_many), BeforeValidator(_list)]
