"""What a claim asks for, the same of both engines."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

LOOK, LOOKS = 100, 5
"""Deliveries that a claim looks at to find those whose turn it is, and how often; each is held once."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who wants how many deliveries of which subscription, for how long (ms); `ordered` keep an order."""

    slots: Mapping[str, int]
    leases: Mapping[str, int]
    now: int
    owner: str
    ordered: Collection[str] = ()

    def apart(self) -> list[Claim]:
        """The same as two claims at most: of what keeps no order, and of what does."""
        halves = ([name for name in self.slots if (name in self.ordered) is kept] for kept in (False, True))
        return [replace(self, slots={name: self.slots[name] for name in names}) for names in halves if names]
