"""What a subscription says of events that belong together: the first, the latest, or all in one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, ByteSize, Field, model_validator

from gateway.config.expression import CelExpression
from gateway.config.section import Section
from gateway.config.units import Count, Duration, Size, format_duration
from gateway.expression import Expression

_DAY = 86_400.0

LONGEST_WINDOW, LONGEST_PERIOD, LONGEST_BATCH = 365 * _DAY, 7 * _DAY, _DAY
"""Seconds. Longer ones are rather slips of the hand: a key is kept, an event waits, for all that time."""

LARGEST = 16 * 1024 * 1024
"""Bytes of a batch. As many batches as `concurrency` says are in memory at one time."""


def _at_most(longest: float) -> AfterValidator:
    def check(seconds: float) -> float:
        if seconds > longest:
            raise ValueError(f"must be at most {format_duration(longest)}, not {format_duration(seconds)}")
        return seconds

    return AfterValidator(check)


def _key(key: Expression | None) -> Expression | None:
    if key is None:
        raise ValueError('is missing; write for example key: "event.data.data.object.customer"')
    return key


def _bounded(size: ByteSize) -> ByteSize:
    if size > LARGEST:
        raise ValueError(f"must be at most 16MiB, not {size.human_readable()}")
    return size


class Idempotency(Section):
    """Of the events with one value of `key`, the first within `window` (seconds) is delivered."""

    key: Annotated[CelExpression, AfterValidator(_key)] = Field(examples=["event.data.data.object.customer"])
    window: Annotated[Duration, _at_most(LONGEST_WINDOW)] = _DAY


class Debounce(Section):
    """The latest event is delivered once none came for `period`, at the latest after `timeout` (seconds)."""

    period: Annotated[Duration, _at_most(LONGEST_PERIOD)] = Field(examples=["30s"])
    key: CelExpression = None
    timeout: Annotated[Duration, _at_most(LONGEST_PERIOD)] | None = None

    @model_validator(mode="after")
    def _goes_at_last(self) -> Self:
        if self.timeout is not None and self.timeout < self.period:
            raise ValueError(
                f"timeout: must be at least the period, {format_duration(self.period)}, "
                f"not {format_duration(self.timeout)}"
            )
        return self


class Batch(Section):
    """Up to `size` events, `max_body` bytes together, in one call, `timeout` seconds after the first."""

    size: Count = Field(ge=2, le=1000, examples=[100])
    timeout: Annotated[Duration, _at_most(LONGEST_BATCH)] = Field(examples=["5s"])
    key: CelExpression = None
    max_body: Annotated[Size, AfterValidator(_bounded)] = ByteSize(1_048_576)


def _short(value: Any) -> Any:
    """A bare expression is short for its mapping."""
    return value if value is None or isinstance(value, Mapping | Idempotency) else {"key": value}


Once = Annotated[Idempotency | None, BeforeValidator(_short)]


def idempotency(said: Idempotency) -> str:
    """What it comes to, in the words that `gateway check` prints."""
    return f"the first of {_text(said.key)} in {format_duration(said.window)}"


def debounce(said: Debounce) -> str:
    """What it comes to, in the words that `gateway check` prints."""
    last = "" if said.timeout is None else f", at the latest {format_duration(said.timeout)} after the first"
    return f"the latest of {_text(said.key)} once none came for {format_duration(said.period)}{last}"


def batch(said: Batch) -> str:
    """What it comes to, in the words that `gateway check` prints."""
    size = f"up to {said.size} events or {said.max_body.human_readable()} of {_text(said.key)}"
    return f"{size} in one call, {format_duration(said.timeout)} after the first at the latest"


def _text(key: Expression | None) -> str:
    return "all" if key is None else key.text
