"""Durations and sizes as people write them: `1h30m` -> 5400.0 seconds, `1MiB` -> 1048576 bytes."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ByteSize

from gateway.config.problems import shown

MILLISECONDS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
"""Each unit in milliseconds, the longest first: the order in which they may follow each other."""

LONGEST = 36_500 * 86_400.0
"""Seconds. A longer duration is a slip of the hand, and would overflow dates."""

EXAMPLES = "500ms, 5s, 1m, 24h, 30d or 1h30m"

_PART = r"(?:(?P<{unit}>\d{{1,9}}(?:\.\d{{1,9}})?){unit})?"
_DURATION = re.compile("".join(_PART.format(unit=unit) for unit in MILLISECONDS), re.ASCII)
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)


def parse_duration(value: object) -> float:
    """Seconds of a text such as `1h30m`; units d, h, m, s, ms, each once, the longest first.

    Raises ValueError saying what would be right; a number without a unit is refused.
    """
    bare = isinstance(value, int | float) and not isinstance(value, bool)
    if bare or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError(f"needs a unit (ms, s, m, h, d); write {_guess(value)}s, not {shown(value)}")
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise ValueError(f"must be a duration such as {EXAMPLES}, not {shown(value)}")
    seconds = float(sum(Decimal(n) * MILLISECONDS[unit] for unit, n in match.groupdict("0").items()) / 1000)
    if seconds > LONGEST:
        raise ValueError(f"must be at most {format_duration(LONGEST)}, not {shown(value)}")
    return seconds


def parse_moment(text: str, now: float, zone: tzinfo | None = None) -> int:
    """Unix ms of `2h` (that long before `now`, Unix seconds) or of an ISO 8601 time.

    A time without a zone is of `zone`, None: the local one. Raises ValueError saying what would be right.
    """
    try:
        return round((now - parse_duration(text)) * 1000)
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(text)
        return round((time if time.tzinfo else time.replace(tzinfo=zone)).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            f"{text!r} is neither a duration such as 2h, 30m or 3d "
            "nor an ISO 8601 time such as 2026-11-23 or 2026-11-23T18:30:00Z"
        ) from None


def _guess(value: object) -> str:
    """The number to show in a hint; a number from the environment stays unseen."""
    text = shown(value).strip("'")
    return text if _NUMBER.fullmatch(text) else "15"


def format_duration(seconds: float) -> str:
    """The shortest text that `parse_duration` reads back, rounded to milliseconds: 5400 -> `1h30m`."""
    rest = round(seconds * 1000)
    parts = []
    for unit, length in MILLISECONDS.items():
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def format_gap(ms: int) -> str:
    """How much later than the first, `+1m5s`; a minus sign where it came earlier. `ms` is ms."""
    exact = abs(ms) if abs(ms) < 1000 else round(abs(ms), -3)
    return f"{'-' if ms < 0 else '+'}{format_duration(exact / 1000)}"


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError("must be longer than 0s")
    return value


def _some_bytes(value: ByteSize) -> ByteSize:
    if value <= 0:
        raise ValueError("must be at least 1 byte")
    return value


def _not_bool(value: object) -> object:
    """YAML's `true` is a whole number to Python, and never what was meant."""
    if isinstance(value, bool):
        raise ValueError(f"must be a number, not {shown(value)}")
    return value


Delay = Annotated[float, BeforeValidator(parse_duration)]
"""Seconds, 0 allowed."""

Duration = Annotated[float, AfterValidator(_positive), BeforeValidator(parse_duration)]
"""Seconds, more than 0."""

Size = Annotated[ByteSize, AfterValidator(_some_bytes), BeforeValidator(_not_bool)]
"""Bytes: `1MiB`, `512KiB`, `1MB` or a plain number."""

Count = Annotated[int, BeforeValidator(_not_bool)]
"""A whole number."""

Share = Annotated[float, BeforeValidator(_not_bool)]
"""A part of one, 0 to 1."""
