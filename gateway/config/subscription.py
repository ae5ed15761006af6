"""Subscriptions as config.yaml states them: which events, where to, in which form, how to retry."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    field_validator,
    model_validator,
)

from gateway.config.breaker import Breaker
from gateway.config.destinations import Destination
from gateway.config.destinations.http import EXAMPLE_URL
from gateway.config.expression import CelExpression, cel_expression
from gateway.config.gathering import Batch, Debounce, Once
from gateway.config.limits import RateLimit, Throttle, Timeouts
from gateway.config.problems import shown
from gateway.config.section import Section
from gateway.config.units import Count, Delay, Share
from gateway.event import MAX_NAME
from gateway.expression import Expression
from gateway.functions.reference import Reference
from gateway.functions.shape import PREFIX, Shape

_PATTERN = re.compile(r"[!-~]+")


def pattern(value: object) -> str:
    """`value` as a pattern of event names. Raises ValueError saying what would be one."""
    if not isinstance(value, str) or not _PATTERN.fullmatch(value) or len(value) > MAX_NAME:
        raise ValueError(
            f"must be a pattern such as stripe/customer.created, github/* or **: printable ASCII without "
            f"spaces, not {shown(value)}"
        )
    if "***" in value or not all(value.split("/")):
        raise ValueError(
            f"must be segments divided by one /, with * inside a segment and ** across them, "
            f"such as stripe/*, not {shown(value)}"
        )
    return str(value)


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


def _some(patterns: tuple[str, ...]) -> tuple[str, ...]:
    if not patterns:
        raise ValueError('must name at least one pattern, such as ["stripe/*"]; ** is every event')
    return patterns


Patterns = Annotated[tuple[Annotated[str, BeforeValidator(pattern)], ...], AfterValidator(_some)]


def _transform(value: object) -> Expression | Shape | None:
    """CEL, or a function: `python:module:function`, or the same as `{python: module:function}`."""
    if isinstance(value, dict):
        if set(value) != {"python"} or not isinstance(value["python"], str):
            raise ValueError(f"must be a CEL expression in quotes, or {_SHAPE}")
        return _shape(value["python"])
    if isinstance(value, str) and value.startswith(PREFIX):
        return _shape(value.removeprefix(PREFIX))
    return cel_expression(value)


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
