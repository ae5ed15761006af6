"""Templates, and how times, sizes and documents are written in them. Everything is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

from gateway.config import format_duration, format_gap
from gateway.event import API, SYSTEM

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, values: Mapping[str, Any]) -> str:
    """The HTML of `template` with `values`."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    # Here, not above: the command line would wait for it at every call.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("gateway.ui"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    made.filters |= {
        "utc": utc, "iso": iso, "ago": ago, "gap": format_gap, "seconds": format_duration, "headers": headers,
        "count": count, "rate": rate,
    }  # fmt: skip
    made.globals |= {"SYSTEM": SYSTEM, "API": API}
    return made


def utc(ms: int) -> str:
    """Unix ms as people read it, to the second, in UTC."""
    return _time(ms).strftime("%Y-%m-%d %H:%M:%S")


def iso(ms: int) -> str:
    """Unix ms as machines read it."""
    return _time(ms).isoformat(timespec="milliseconds")


def _time(ms: int) -> datetime:
    try:
        return datetime.fromtimestamp(ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def ago(ms: int, now: int) -> str:
    """How long before or after `now`, in one unit: `5 min ago`, `in 2 h`."""
    distance = abs(now - ms) / 1000
    if distance < 1:
        return "now"
    for length, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if distance >= length:
            text = f"{int(distance / length)} {unit}"
            break
    return f"{text} ago" if ms <= now else f"in {text}"


def headers(text: str) -> list[tuple[str, str]]:
    """Stored headers as pairs."""
    return [(str(name), str(value)) for name, value in orjson.loads(text)]


def rate(number: float) -> str:
    """A number with so many digits as say something: `0.02`, `1.3`, `1,200`."""
    if number == 0 or number >= 10:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 0.1 else f"{number:.2f}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 event`, `2,000 events`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
