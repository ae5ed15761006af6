"""One subscription at work. Each has a lane of its own, so that a slow subscriber holds up nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.config import Subscription
from gateway.destinations import Destination, open_destination
from gateway.functions.run import Runs
from gateway.store.records import Claimed

LEASE_MARGIN = 15.0
"""Seconds that a lease outlasts the destination's timeout: time to write the outcome down."""

ROOMY = 0.25
"""The share of free slots from which a lane claims at once: one claim then serves many deliveries."""

RETRIES = 0.25
"""The share of the slots that retries may have: the others stay free of them, however many are due."""

PATIENCE = 0.01
"""Seconds from one claim to the next while fewer slots are free, so that none stays free for long."""


@dataclass(slots=True)
class Lane:
    """Its destination, what is under way, and when more is due (`next_due`, Unix seconds).

    `claimable` says that something may be due now, `claimed_at` (monotonic seconds) when it last claimed.
    `retrying` are those of what is under way that failed before. Where retries and first attempts take turns,
    with a single slot and while throttled, `gives_way` says that it is the turn of a first attempt.
    Before `opens_at` (Unix seconds) a throttle lets nothing begin.
    """

    subscription: Subscription
    destination: Destination
    runs: Runs | None = None
    under_way: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    retrying: set[str] = field(default_factory=set)
    wanted: bool = True
    claimable: bool = True
    next_due: float = 0.0
    claimed_at: float = 0.0
    opens_at: float = 0.0
    gives_way: bool = False
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
    def is_limited(self) -> bool:
        """Whether what is claimed may have to wait, or not be delivered at all."""
        asked = self.subscription
        return asked.rate_limit is not None or asked.throttle is not None or asked.timeouts is not None

    @property
    def free(self) -> int:
        """Slots that could take a delivery now; none where more is under way than a reload allows."""
        return max(0, self.subscription.concurrency - len(self.under_way)) if self.wanted else 0

    @property
    def free_for_retries(self) -> int:
        """Slots that could take a retry now: a quarter of all at most, and one at least."""
        if self.gives_way:
            return 0
        most = max(1, int(self.subscription.concurrency * RETRIES))
        return min(self.wants, max(0, most - len(self.retrying)))

    @property
    def wants(self) -> int:
        """Deliveries to claim now: as many as there are free slots, and as a throttle may let begin."""
        throttle = self.subscription.throttle
        return self.free if throttle is None or throttle.key else min(self.free, throttle.at_once)

    def in_turn(self, claimed: Sequence[Claimed]) -> Sequence[Claimed]:
        """What was claimed, in the order in which it asks a throttle: whose turn it is comes first."""
        return sorted(claimed, key=lambda each: (each.delivery.retries > 0) == self.gives_way)

    def wait_until(self, at: float) -> None:
        """A throttle lets the next begin at this Unix time (seconds): anything, or what has its turn then."""
        self.due(at)
        if self.subscription.throttle is not None and self.subscription.throttle.key is None:
            self.opens_at, self.claimable = at, True

    @property
    def _takes_turns(self) -> bool:
        throttle = self.subscription.throttle
        return self.subscription.concurrency == 1 or (throttle is not None and throttle.key is None)

    def begin(self, delivery_id: str, is_retry: bool, task: asyncio.Task[None]) -> None:
        """A delivery is under way."""
        self.under_way[delivery_id] = task
        if is_retry:
            self.retrying.add(delivery_id)
            self.gives_way = self._takes_turns

    def end(self, delivery_id: str) -> None:
        """It is no more. A retry that ends makes room for another."""
        del self.under_way[delivery_id]
        if delivery_id in self.retrying:
            self.retrying.discard(delivery_id)
            self.claimable = True

    def gave_way(self) -> None:
        """A claim without retries is over: they may go now, at once where nobody else wants the slot."""
        if self.gives_way:
            self.gives_way = False
            self.claimable = True

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
