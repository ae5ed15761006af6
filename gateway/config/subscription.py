"""Subscriptions as config.yaml states them: which events, where to, in which form, how to retry."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    PlainValidator,
    ValidationInfo,
    field_validator,
    model_validator,
)

from gateway.config.breaker import Breaker
from gateway.config.destinations import Destination
from gateway.config.destinations.http import EXAMPLE_URL
from gateway.config.expression import CelExpression
from gateway.config.gathering import Batch, Debounce, Once
from gateway.config.limits import RateLimit, Throttle, Timeouts
from gateway.config.patterns import Patterns
from gateway.config.problems import shown
from gateway.config.section import Section
from gateway.config.units import Count, Delay, Share, format_duration
from gateway.config.waits import CancelOn, Waits, cel_of_two
from gateway.expression import Expression
from gateway.functions.reference import Reference
from gateway.functions.shape import PREFIX, Shape


class Retry(Section):
    """When a failed delivery is tried again: seconds after the first, second … failed attempt.

    `jitter` 0.2 moves each delay by up to a fifth.
    """

    schedule: Annotated[tuple[Delay, ...], Field(max_length=100)] = (
        5.0,
        60.0,
        600.0,
        3600.0,
        10_800.0,
        21_600.0,
        43_200.0,
        86_400.0,
    )
    jitter: Share = Field(0.2, ge=0, le=1)

    @property
    def total(self) -> float:
        """Seconds from the first attempt to the dead letter, without jitter and the attempts' own time."""
        return sum(self.schedule)


def _transform(value: object) -> Expression | Shape | None:
    """CEL, or a function: `python:module:function`, or the same as `{python: module:function}`."""
    if isinstance(value, dict):
        if set(value) != {"python"} or not isinstance(value["python"], str):
            raise ValueError(f"must be a CEL expression in quotes, or {_SHAPE}")
        return _shape(value["python"])
    if isinstance(value, str) and value.startswith(PREFIX):
        return _shape(value.removeprefix(PREFIX))
    return cel_of_two(value)


def _shape(text: str) -> Shape:
    try:
        return Shape(Reference.parse(text))
    except ValueError:
        raise ValueError(
            f"must name a module and a function in it, as in {_SHAPE}, not {shown(text)}"
        ) from None


_SHAPE = '{python: "myapp.shapes:for_crm"}'


class Subscription(Section):
    """A subscriber's standing order; its name is its key in `Settings.subscriptions`.

    `if_`, `order_by` and `transform` are compiled here, once. `order` says what a delivery that waits for its
    retry does to the next ones of its key: block them, or let them go.
    """

    events: Patterns = Field(examples=['["stripe/*"]'])
    if_: CelExpression = Field(None, alias="if")
    order_by: CelExpression = None
    order: Literal["block", "skip"] = "block"
    waits: Waits | None = None
    cancel_on: CancelOn = ()
    destination: Destination = Field(examples=[f'{{type: http, url: "{EXAMPLE_URL}"}}'])
    format: Literal["event", "raw", "cloudevents"] = "event"
    transform: Annotated[Expression | Shape | None, PlainValidator(_transform)] = None
    idempotency: Once = None
    debounce: Debounce | None = None
    batch: Batch | None = None
    retry: Retry = Retry()
    concurrency: Count = Field(16, ge=1, le=1000)
    breaker: Breaker | None = None
    priority: CelExpression = None
    rate_limit: RateLimit | None = None
    throttle: Throttle | None = None
    timeouts: Timeouts | None = None

    @model_validator(mode="after")
    def _order_has_a_key(self) -> Self:
        if "order" in self.model_fields_set and self.order_by is None:
            raise ValueError("order: says nothing without order_by:, the expression whose value is the key")
        return self

    @model_validator(mode="after")
    def _has_room_for_both(self) -> Self:
        if self.waits is None:
            if isinstance(self.transform, Expression) and "async" in self.transform.names:
                raise ValueError("transform: there is no async without waits:; there is event")
        elif problem := self._wants_room():
            raise ValueError(f"waits: {problem}")
        return self

    def _wants_room(self) -> str | None:
        """Why a second event has no room in what is delivered; None where it has."""
        if self.destination.type == "python":
            return "a function waits by itself: leave it out and call ctx.wait_for"
        if isinstance(self.transform, Shape):
            return "a transform: in Python sees one event only; write it in CEL, over event and async"
        if self.transform is not None or (self.format == "event" and self.destination.takes_two):
            return None
        what = f"format {self.format}" if self.format != "event" else f"type {self.destination.type}"
        return f"{what} has no room for a second event; add a transform: that makes one of event and async"

    @model_validator(mode="after")
    def _waits_alone(self) -> Self:
        gathers = "batch" if self.batch is not None else "debounce" if self.debounce is not None else None
        if self.waits is not None and gathers is not None:
            raise ValueError(f"waits: can't be combined with {gathers}:; leave one out")
        if self.cancel_on and self.batch is not None:
            raise ValueError(
                "cancel_on: can't be combined with batch:, whose events go together; leave one out"
            )
        return self

    @model_validator(mode="after")
    def _priority_goes_alone(self) -> Self:
        if self.priority is not None and (self.batch is not None or self.debounce is not None):
            other = "batch:" if self.batch is not None else "debounce:"
            raise ValueError(
                f"priority: can't be combined with {other}, which has its own time; leave one out"
            )
        return self

    @model_validator(mode="after")
    def _can_be_a_batch(self) -> Self:
        if self.batch is None:
            return self
        if self.debounce is not None:
            raise ValueError(
                "batch: can't be combined with debounce:, which delivers one event; leave one out"
            )
        if self.order_by is not None:
            raise ValueError(
                "batch: can't be combined with order_by:, by which events go one by one; leave one out"
            )
        if self.rate_limit is not None:
            raise ValueError(
                "batch: can't be combined with rate_limit:, which drops events; write a throttle:"
            )
        if self.throttle is not None and self.throttle.key is not None:
            raise ValueError(
                "batch: can't be combined with throttle.key: one call has the turn of one key only; "
                "leave the key out, and calls are counted"
            )
        if not self.destination.batches:
            raise ValueError(
                f"batch: needs a destination of type http: {self.destination.type} takes one event at a time"
            )
        if self.format == "raw" and self.transform is None:
            raise ValueError(
                "batch: can't send the provider's own bodies and signatures, which format: raw does; "
                "write format: event, or a transform:"
            )
        return self

    @model_validator(mode="after")
    def _waits_no_longer_than_it_may(self) -> Self:
        start = self.timeouts.start if self.timeouts is not None else None
        gathers = {
            "debounce: period": self.debounce.period if self.debounce is not None else 0,
            "batch: timeout": self.batch.timeout if self.batch is not None else 0,
        }
        for name, seconds in gathers.items():
            if start is not None and seconds >= start:
                raise ValueError(
                    f"{name}: must be shorter than timeouts.start, {format_duration(start)}, "
                    f"not {format_duration(seconds)}: what waits so long is cancelled"
                )
        return self

    @field_validator("format")
    @classmethod
    def _fits_the_destination(cls, format: str, info: ValidationInfo) -> str:
        destination = info.data.get("destination")
        if destination is not None and format not in destination.formats:
            raise ValueError(
                f"must be {' or '.join(destination.formats)} for a destination of type {destination.type}, "
                f"not {shown(format)}"
            )
        return format
