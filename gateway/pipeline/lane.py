"""One subscription at work. Each has a lane of its own, so that a slow subscriber holds up nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from gateway.config import Subscription
from gateway.destinations.http import HttpDestination

LEASE_MARGIN = 15.0
"""Seconds that a lease outlasts the destination's timeout: time to write the outcome down."""


@dataclass(slots=True)
class Lane:
    """Its destination, what is under way, and when more is due (`next_due`, Unix seconds)."""

    name: str
    subscription: Subscription
    destination: HttpDestination
    under_way: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    claimable: bool = True
    next_due: float = 0.0

    @classmethod
    def of(cls, name: str, subscription: Subscription) -> Lane:
        """A lane with nothing under way."""
        return cls(name, subscription, HttpDestination(subscription))

    @property
    def free(self) -> int:
        """Slots that could take a delivery now."""
        return self.subscription.concurrency - len(self.under_way)

    @property
    def lease(self) -> int:
        """How long a claimed delivery is held, in ms."""
        return round((self.subscription.destination.timeout + LEASE_MARGIN) * 1000)

    def due(self, at: float) -> None:
        """Something is due at this Unix time (seconds), perhaps before what was known."""
        self.next_due = min(self.next_due, at)
