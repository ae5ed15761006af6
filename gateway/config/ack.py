"""When a source's provider hears a 2xx, and how often it is expected to send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, model_validator

from gateway.config.patterns import Patterns
from gateway.config.problems import shown
from gateway.config.section import Section
from gateway.config.units import Duration, format_duration, parse_duration

STORED = "stored"
LONGEST_WAIT = 60.0
"""Seconds. No provider waits longer for its answer, and each wait holds a request."""

SHORTEST_SILENCE = 60.0
"""Seconds. A silence is told some seconds late, so a shorter one would say little."""


def _bounded(seconds: float) -> float:
    if seconds > LONGEST_WAIT:
        raise ValueError(f"must be at most {format_duration(LONGEST_WAIT)}, not {format_duration(seconds)}")
    return seconds


class AckRule(Section):
    """What the answer to some events waits for; `timeout` in seconds.

    `stored`: nothing more. `delivered`: until the `subscription` has it, else 503. `proxy`: its subscriber's
    answer, which then is the answer.
    """

    events: Patterns = ("**",)
    mode: Literal["stored", "delivered", "proxy"]
    subscription: str | None = None
    timeout: Annotated[Duration, AfterValidator(_bounded)] = 10.0

    @model_validator(mode="after")
    def _names_whom_to_wait_for(self) -> Self:
        if self.mode != STORED and self.subscription is None:
            raise ValueError(f"subscription is missing: mode {self.mode} waits for the one that it names")
        if self.mode == STORED and self.subscription is not None:
            raise ValueError("mode stored waits for no subscription; leave it out, or write mode: delivered")
        return self


def _rules(value: Any) -> Any:
    """`stored` is short for no rules, one rule for a list of one."""
    if value == STORED:
        return ()
    if isinstance(value, str):
        raise ValueError(
            f'must be stored, or rules such as [{{events: ["stripe/invoice.created"], mode: delivered, '
            f"subscription: app}}], not {shown(value)}"
        )
    return [value] if isinstance(value, Mapping) else value


Ack = Annotated[tuple[AckRule, ...], BeforeValidator(_rules)]
"""The first rule whose events match counts; where none does, the answer waits for the disk alone."""


def _every(value: Any) -> Any:
    """`every 1h` in seconds."""
    if value is None or isinstance(value, float):
        return value
    words = value.split() if isinstance(value, str) else []
    if len(words) != 2 or words[0] != "every":
        raise ValueError(f"must be every and a duration, such as every 1h, not {shown(value)}")
    seconds = parse_duration(words[1])
    if seconds < SHORTEST_SILENCE:
        raise ValueError(f"must be every 1m or more, not {shown(value)}")
    return seconds


Expect = Annotated[float | None, BeforeValidator(_every)]
"""Seconds without a webhook after which a source counts as silent."""
