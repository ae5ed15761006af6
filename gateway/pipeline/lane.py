"""One subscription at work. Each has a lane of its own, so that a slow subscriber holds up nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from gateway.config import Subscription
from gateway.destinations import Destination, open_destination
from gateway.functions.run import Runs

LEASE_MARGIN = 15.0
"""Seconds that a lease outlasts the destination's timeout: time to write the outcome down."""

ROOMY = 0.25
"""The share of free slots from which a lane claims at once: one claim then serves many deliveries."""

PATIENCE = 0.01
"""Seconds from one claim to the next while fewer slots are free, so that none stays free for long."""


@dataclass(slots=True)
class Lane:
    """Its destination, what is under way, and when more is due (`next_due`, Unix seconds).

    `claimable` says that something may be due now, `claimed_at` (monotonic seconds) when it last claimed.
    """

    subscription: Subscription
    destination: Destination
    runs: Runs | None = None
    under_way: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    wanted: bool = True
    claimable: bool = True
    next_due: float = 0.0
    claimed_at: float = 0.0
    _former: list[tuple[Destination, set[asyncio.Task[None]]]] = field(default_factory=list)

    @classmethod
    def of(cls, subscription: Subscription, runs: Runs | None = None) -> Lane:
        """A lane with nothing under way; `runs` is what functions ask of the gateway."""
        return cls(subscription, open_destination(subscription, runs), runs)

    def follow(self, subscription: Subscription | None) -> None:
        """Go on as a reloaded config says, None for not at all. What is under way goes on, and counts."""
        self.wanted = subscription is not None
        if subscription is None or subscription == self.subscription:
            return
        self._former.append((self.destination, set(self.under_way.values())))
        self.subscription, self.destination = subscription, open_destination(subscription, self.runs)
        self.claimable = True

    @property
    def free(self) -> int:
        """Slots that could take a delivery now; none where more is under way than a reload allows."""
        return max(0, self.subscription.concurrency - len(self.under_way)) if self.wanted else 0

    @property
    def roomy(self) -> bool:
        """Whether enough slots are free for a claim to be worth its cost."""
        return 0 < self.free >= self.subscription.concurrency * ROOMY

    @property
    def lease(self) -> int:
        """How long a claimed delivery is held, in ms."""
        return round((self.subscription.destination.timeout + LEASE_MARGIN) * 1000)

    def due(self, at: float) -> None:
        """Something is due at this Unix time (seconds), perhaps before what was known."""
        self.next_due = min(self.next_due, at)

    def claims_in(self, now: float) -> float:
        """Seconds from `now` (monotonic) until it should claim; infinite where it has no slot or no need."""
        if not self.claimable or self.free == 0:
            return float("inf")
        return 0.0 if self.roomy else max(0.0, self.claimed_at + PATIENCE - now)

    async def tidy(self) -> None:
        """Close the connections that nothing needs any more."""
        for former in [former for former in self._former if all(task.done() for task in former[1])]:
            self._former.remove(former)
            await former[0].close()
        await self.destination.close_unused()

    async def close(self) -> None:
        """Close every connection; nothing may be under way."""
        for destination, _ in self._former:
            await destination.close()
        await self.destination.close()
