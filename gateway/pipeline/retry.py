"""When a delivery is tried again: a pure function of the attempt, the schedule and the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

GONE = 410
"""The status by which a subscriber says that it wants nothing any more (Standard Webhooks)."""

MAX_RETRY_AFTER = 86_400.0
"""Seconds. A subscriber may ask for a day at most; a longer Retry-After counts as a day."""


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The subscriber has it."""


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Try again at this Unix time (seconds)."""

    at: float


@dataclass(frozen=True, slots=True)
class Dead:
    """No attempt is left. `pause` says that the subscriber wants no other delivery either."""

    pause: bool = False


Decision = Succeeded | RetryAt | Dead


def decide(
    succeeded: bool,
    status: int | None,
    retry_after: float | None,
    retries: int,
    schedule: Sequence[float],
    jitter: float,
    now: float,
    chance: float,
) -> Decision:
    """What follows an attempt that `succeeded` or not, answered with the HTTP `status` if with any.

    `retries` failed attempts came before it, `schedule` holds the seconds between attempts, and `chance`
    in [0, 1) places the wait within `jitter` (a share, 0.2 for ±20 %) of the schedule. A `retry_after`
    (seconds) can lengthen the wait, never shorten it, so that it can't use up the schedule in a hurry.
    """
    if succeeded:
        return Succeeded()
    if status == GONE:
        return Dead(pause=True)
    if retries >= len(schedule):
        return Dead()
    wait = schedule[retries] * (1 + jitter * (2 * chance - 1))
    return RetryAt(now + max(wait, min(retry_after or 0.0, MAX_RETRY_AFTER)))


def asked(final: bool, retry_in: float | None, retries: int, most: int, now: float) -> Decision | None:
    """What a failed attempt itself asked for, None where it left that to `decide`.

    `final`: no other attempt. `retry_in`: the next after exactly so many seconds, as long as fewer than
    `most` `retries` came before.
    """
    if final or (retry_in is not None and retries >= most):
        return Dead()
    return None if retry_in is None else RetryAt(now + retry_in)


def parse_retry_after(value: str | None, now: float) -> float | None:
    """The seconds a Retry-After header asks for, written as seconds or as an HTTP date; None if neither."""
    if not value:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value.strip()[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None
