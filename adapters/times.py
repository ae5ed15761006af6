"""Time as providers write it: the signed time of a request, and the time of an event."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from adapters.base import StaleTimestamp, VerificationError

Unit = Literal["s", "ms", "iso"]
"""How a signed time is written: Unix seconds, Unix milliseconds, or ISO 8601."""

DAY = 86_400
"""Seconds."""

# A number below the first bound is seconds (until the year 5138), below the second milliseconds, below
# the third microseconds. Providers mix the units, and a mistaken one would be off by a factor of 1000.
_SECONDS, _MILLISECONDS, _MICROSECONDS = 1e11, 1e14, 1e17


def signed_time(text: str, unit: Unit = "s") -> float:
    """Unix seconds of a time that is part of a signature. Raises VerificationError where it is none."""
    if unit == "iso":
        moment = _iso(text)
        if moment is None:
            raise VerificationError("the signed time is not an ISO 8601 time")
        return moment
    if not (len(text) <= 15 and text.isascii() and text.isdigit()):
        raise VerificationError("the signed time is not a number of 1 to 15 digits")
    return int(text) / 1000 if unit == "ms" else int(text)


def check_age(signed_at: float, now: float, tolerance: float | None) -> None:
    """Raise StaleTimestamp where `signed_at` is more than `tolerance` from `now`; all in seconds.

    Call it after the signature has been found right, so that StaleTimestamp means "genuine, but not of
    now" and tells a forger nothing.
    """
    if tolerance is None or abs(now - signed_at) <= tolerance:
        return
    off = f"{abs(now - signed_at):.0f} s {'old' if signed_at < now else 'in the future'}"
    raise StaleTimestamp(f"the signed time is {off}, {tolerance:g} s is allowed")


def write_time(now: float, unit: Unit) -> str:
    """`now` (Unix seconds) as a sender would sign it."""
    if unit == "iso":
        return datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
    return str(int(now * 1000) if unit == "ms" else int(now))


def event_time(value: object) -> int | None:
    """Unix ms of an event's time, from a number, digits or ISO 8601; None where it cannot be read.

    An unreadable time is no reason to lose an event, so this never raises.
    """
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit()):
            moment = _iso(value)
            return None if moment is None else round(moment * 1000)
        value = int(value) if len(value) <= 17 else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _MICROSECONDS:
        return None
    if value < _SECONDS:
        return round(value * 1000)
    return round(value if value < _MILLISECONDS else value / 1000)


def _iso(text: str) -> float | None:
    """Unix seconds of an ISO 8601 time; one without an offset is UTC."""
    try:
        moment = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
