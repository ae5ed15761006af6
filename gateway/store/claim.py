"""What a claim asks for, the same of both engines."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

FIRST, AGAIN = 0, 1
"""The lanes of a subscription: deliveries that did not fail yet, and retries; each a part of the index."""

FARTHEST = 600_000
"""ms by which a priority moves a delivery at most, before others or behind them."""

LOOK, LOOKS = 100, 5
"""Deliveries that a claim looks at to find those whose turn it is, and how often; each is held once."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who wants how many deliveries of which subscription, for how long (ms); `ordered` keep an order.

    `retries[s]` of the `slots[s]` may be retries; as many as there are slots where it is left out.
    Those in `prioritized` may have deliveries with a priority.
    """

    slots: Mapping[str, int]
    leases: Mapping[str, int]
    now: int
    owner: str
    ordered: Collection[str] = ()
    retries: Mapping[str, int] = field(default_factory=dict)
    prioritized: Collection[str] = ()

    def most_retries(self, subscription: str) -> int:
        """How many of the deliveries of a subscription may be retries."""
        slots = self.slots[subscription]
        return min(slots, self.retries.get(subscription, slots))

    def reach(self, subscription: str) -> int:
        """By how many ms one that is due may have its place after one that is due now."""
        return FARTHEST if subscription in self.prioritized else 0

    def apart(self) -> list[Claim]:
        """The same as two claims at most: of what keeps no order, and of what does."""
        halves = ([name for name in self.slots if (name in self.ordered) is kept] for kept in (False, True))
        return [replace(self, slots={name: self.slots[name] for name in names}) for names in halves if names]
