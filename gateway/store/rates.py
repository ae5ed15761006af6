"""How much came and went of late, by source and by subscription."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.store.marks import Mark

Row = Any
"""Three columns of either driver."""


@dataclass(frozen=True, slots=True)
class SourceCount:
    """What came from a source."""

    source: str
    events: int
    duplicates: int
    rejections: int


@dataclass(frozen=True, slots=True)
class SubscriptionCount:
    """What became of deliveries that were made of late. `failing`: pending after an attempt that failed."""

    subscription: str
    made: int
    succeeded: int
    failing: int
    dead: int


@dataclass(frozen=True, slots=True)
class Times:
    """How long things took for one subscription, in ms, in no order.

    `attempts` each, and `deliveries` from the reception of the event, or the time it was wanted for, to the
    success; replays are left out of these.
    """

    subscription: str
    attempts: Sequence[int]
    deliveries: Sequence[int]


class Rates(Protocol):
    """The part of a store that counts. A count looks at the newest `limit` rows of each kind at most."""

    async def sources(self, mark: Mark, limit: int) -> Sequence[SourceCount]:
        """What came since `mark`, by source."""
        ...

    async def subscriptions(self, mark: Mark, limit: int) -> Sequence[SubscriptionCount]:
        """The deliveries that were made since `mark`, by subscription."""
        ...

    async def times(self, limit: int) -> Sequence[Times]:
        """How long the newest `limit` deliveries and their attempts took, by subscription."""
        ...


def gathered(rows: Iterable[Row]) -> list[Times]:
    """Rows of (subscription, whether it is an attempt, ms) by subscription, sorted."""
    found: dict[str, tuple[list[int], list[int]]] = {}
    for subscription, is_attempt, took in rows:
        found.setdefault(subscription, ([], []))[0 if is_attempt else 1].append(max(0, took))
    return [Times(name, *found[name]) for name in sorted(found)]
