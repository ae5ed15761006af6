"""How much came and went of late, by source and by subscription."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.store.marks import Mark


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


class Rates(Protocol):
    """The part of a store that counts. A count looks at the newest `limit` rows of each kind at most."""

    async def sources(self, mark: Mark, limit: int) -> Sequence[SourceCount]:
        """What came since `mark`, by source."""
        ...

    async def subscriptions(self, mark: Mark, limit: int) -> Sequence[SubscriptionCount]:
        """The deliveries that were made since `mark`, by subscription."""
        ...
