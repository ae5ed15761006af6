"""Looking through events and deliveries: what the URL asks for, and a bounded look at the store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlencode

from gateway.config import parse_moment
from gateway.store.records import Query
from gateway.ui.visit import Visit, Wrong

PAGE = 50
"""Rows on a page."""

LOOK = 20_000
"""Rows that one page looks through at most where no index helps; it says how far it came."""


class Numbered(Protocol):
    """A row that knows its place in the order of the store."""

    @property
    def seq(self) -> int: ...


Row = TypeVar("Row", bound=Numbered)


@dataclass(frozen=True, slots=True)
class Found(Generic[Row]):
    """A page of rows. `before` continues it, None at the end; `cut` says that LOOK ended it, not PAGE.

    `through` is how many were looked at where it was cut.
    """

    rows: Sequence[Row]
    before: int | None
    cut: bool = False
    through: int = LOOK


def moment(visit: Visit, name: str) -> int | None:
    """The time (Unix ms) that a parameter of the URL states. Raises Wrong."""
    return moment_of(visit.asked(name), visit.now)


def moment_of(text: str | None, now: int) -> int | None:
    """The time (Unix ms) that a text states at `now` (Unix ms). Raises Wrong."""
    try:
        return None if not text else parse_moment(text, now / 1000, UTC)
    except ValueError as error:
        raise Wrong(str(error)) from error


def number(visit: Visit, name: str) -> int | None:
    """The whole number that a parameter of the URL states. Raises Wrong."""
    text = visit.asked(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Wrong(f"{name} must be a whole number, not {text!r}")
    return int(text)


def query(visit: Visit) -> Query:
    """What the URL asks for: source, name, subscription."""
    return Query(
        source=visit.asked("source"), name=visit.asked("name"), subscription=visit.asked("subscription")
    )


async def look(
    fetch: Callable[[Query], Awaitable[Sequence[Row]]],
    query: Query,
    low: int,
    high: int,
    bounded: bool,
    size: int = PAGE,
) -> Found[Row]:
    """The newest `size` rows with `low` <= seq < `high`; `bounded`: at most LOOK are looked through."""
    floor = max(low, high - LOOK) if bounded else low
    rows = await fetch(replace(query, before=high, after=floor - 1, limit=size + 1))
    if len(rows) > size:
        return Found(rows[:size], rows[size - 1].seq)
    return Found(rows, floor, True) if floor > low else Found(rows, None)


def link(path: str, parameters: Mapping[str, object]) -> str:
    """A URL with those parameters that say something."""
    said = {name: str(value) for name, value in parameters.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(said)}" if said else path
