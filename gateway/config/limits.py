"""How many deliveries of a subscription may begin, and by when: as config.yaml states it."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gateway.config.expression import CelExpression
from gateway.config.section import Section
from gateway.config.units import Count, Duration, format_duration, parse_duration

MOST = 1_000_000
"""The largest limit: what a period can hold and still be counted."""

LONGEST = 30 * 86_400.0
"""Seconds. The longest period: so long it is kept what began when."""

CATCHING_UP = 0.1
"""Seconds that a worker may be late without loss: so much of a throttle's rate may begin at one time."""


def _period(value: float) -> float:
    if not 0.1 <= value <= LONGEST:
        raise ValueError(f"must be between 100ms and 30d, not {format_duration(value)}")
    return value


Period = Annotated[float, AfterValidator(_period), BeforeValidator(parse_duration)]


class RateLimit(Section):
    """At most `limit` deliveries within any `period`, for each `key` if given; others are cancelled."""

    limit: Count = Field(ge=1, le=MOST, examples=[100])
    period: Period = Field(examples=["1m"])
    key: CelExpression = None

    @property
    def summary(self) -> str:
        """What it comes to, in words: `100 in 1m for each event.data.id`."""
        each = "" if self.key is None else f" for each {self.key.text}"
        return f"{self.limit} in {format_duration(self.period)}{each}"


class Throttle(Section):
    """Attempts begin evenly, `limit` in each `period`, `burst` at one time; for each `key` if given."""

    limit: Count = Field(ge=1, le=MOST, examples=[100])
    period: Period = Field(examples=["1m"])
    burst: Annotated[Count | None, Field(ge=1, le=MOST)] = None
    key: CelExpression = None

    @property
    def interval(self) -> float:
        """Seconds from one attempt to the next."""
        return self.period / self.limit

    @property
    def at_once(self) -> int:
        """The burst; without one what a tenth of a second brings, and one at least."""
        return max(1, math.floor(CATCHING_UP / self.interval)) if self.burst is None else self.burst

    @property
    def summary(self) -> str:
        """What it comes to, in words: `10 in 1s, 1 at one time for each event.data.id`."""
        each = "" if self.key is None else f" for each {self.key.text}"
        return f"{self.limit} in {format_duration(self.period)}, {self.at_once} at one time{each}"


class Timeouts(Section):
    """When a delivery is given up: `start`, `finish` seconds after it was to be delivered."""

    start: Duration | None = None
    finish: Duration | None = None

    @model_validator(mode="after")
    def _say_something(self) -> Self:
        if self.start is None and self.finish is None:
            raise ValueError("must have start: or finish:, such as {start: 1h, finish: 24h}")
        if self.start is not None and self.finish is not None and self.finish < self.start:
            raise ValueError(
                f"finish: {format_duration(self.finish)} must not be shorter than "
                f"start: {format_duration(self.start)}"
            )
        return self

    @property
    def summary(self) -> str:
        """What it comes to, in words."""
        said = {"started": self.start, "finished": self.finish}
        parts = [f"{verb} within {format_duration(most)}" for verb, most in said.items() if most is not None]
        return f"{', '.join(parts)}, else cancelled"
