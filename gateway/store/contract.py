"""What a store promises.

Every time is Unix ms, every duration ms. What writes is done only after the transaction is on disk. Two
stores keep this contract by passing the suite in tests/contract.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from gateway.store.marks import Mark
from gateway.store.parts import Parts
from gateway.store.places import Place
from gateway.store.records import (
    Attempt,
    Backlog,
    Cancellation,
    Candidate,
    Claimed,
    ClaimResult,
    Delivery,
    Duplicate,
    NewDelivery,
    Outcome,
    Pause,
    Query,
    Settlement,
    Stored,
)
from gateway.store.rejections import Rejection, RejectionCount
from gateway.store.retention import Purged, Retention
from gateway.store.watch import Awaited, KeptAnswer, Watched
from gateway.telemetry.counts import Commits
from gateway.verdict import Verdict, VerdictCount

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Planned:
    """A migration that a store lacks. `compatible` says that nodes which don't know it may go on running."""

    name: str
    statements: tuple[str, ...]
    compatible: bool


class Store(Parts, Protocol):
    """Where events, dedupe keys and deliveries live."""

    @property
    def commits(self) -> Commits:
        """What the transactions of this process came to."""
        ...

    def accept(self, candidates: Sequence[Candidate]) -> Future[Sequence[Outcome]]:
        """Store every candidate of one request with its dedupe key and deliveries, or record the duplicate.

        All or nothing, on disk when the future is done; the first of two with one key always wins. A future
        and no coroutine: the hot path adds a callback to it where a task would cost more than the rest.
        """
        ...

    def accept_preparing(
        self, candidates: Sequence[Candidate], prepare: Callable[[Sequence[Outcome]], Made]
    ) -> Future[Made]:
        """As `accept`; the future is done with what `prepare` makes of the outcomes, or with what it raises.

        It may be called while the disk still works; what it does must not show before the future is done.
        """
        ...

    async def reject(self, rejection: Rejection) -> None:
        """Count a refused request and keep it among the last `rejection.keep` of its source."""
        ...

    async def claim(
        self,
        slots: Mapping[str, int],
        leases: Mapping[str, int],
        now: int,
        owner: str,
        ordered: Collection[str] = (),
        retries: Mapping[str, int] | None = None,
        prioritized: Collection[str] = (),
    ) -> ClaimResult:
        """Lease up to `slots[s]` due deliveries of each subscription s for `leases[s]` ms.

        Retries come first, `retries[s]` at most (else as many as slots), then those that did not fail yet;
        of each, who is due first, then who arrived first. In one in `prioritized` a priority counts too. One
        in `ordered` gets of each order key only the first that is pending, and none while another is leased.
        Where s got all its slots, its `next_due` is `now`; retries beyond `retries[s]` do not count for it.
        """
        ...

    async def expired(self, now: int, limit: int = 100) -> Sequence[Claimed]:
        """Deliveries whose lease ran out: their worker is gone. They are settled like a failed attempt."""
        ...

    async def settle(self, settlement: Settlement) -> bool:
        """Write the outcome of an attempt. False, and no change, where the lease was lost meanwhile."""
        ...

    async def owners(self) -> Sequence[str]:
        """The owners of all leases."""
        ...

    async def disown(self, owner: str, now: int) -> int:
        """End every lease of an owner that is known to be gone. Returns how many."""
        ...

    async def replay(self, deliveries: Sequence[NewDelivery], now: int) -> int:
        """Make new deliveries of stored events. Returns how many."""
        ...

    async def cancel(self, cancellations: Sequence[Cancellation]) -> int:
        """End pending deliveries. Returns how many were still pending."""
        ...

    async def pause(self, subscription: str, reason: str, now: int) -> bool:
        """Hold a subscription's deliveries back. False where a person, or a 410, has paused it."""
        ...

    async def resume(self, subscription: str, emit: Sequence[Candidate] = ()) -> bool:
        """Let a paused subscription's deliveries go, whoever paused it. False where it was not paused."""
        ...

    async def mark_released(self, rejection_id: str, now: int) -> None:
        """Note that a quarantined request went in."""
        ...

    async def purge(self, retention: Retention, limit: int = 500) -> Purged:
        """Remove some `limit` rows of each kind that retention lets go; repeat until `total` is 0.

        An event with a pending delivery stays; a dedupe key outlives its event until its window ends. Events
        may stay until the last of their day may go, and then go all at once. While another node is at it,
        `total` is 0.
        """
        ...

    async def purgeable(self, retention: Retention) -> Purged:
        """How much of what is there now a purge would take in all."""
        ...

    async def erase(self, event_id: str) -> bool:
        """Remove one event and all that belongs to it now, the system events of its deliveries included.

        Its dedupe key stays. False: no such event.
        """
        ...

    async def listen(self, wake: Callable[[Iterable[str]], None]) -> None:
        """From now on call `wake` with the subscriptions that other processes make deliveries for.

        Best effort, until `close`: what is missed is found when the worker looks again by itself.
        """
        ...

    async def ready(self, now: int) -> None:
        """Commit something. Raises StoreUnavailable where the store can't."""
        ...

    async def event(self, id: str) -> Stored | None:
        """The event with this event_id or, failing that, the newest with this provider id."""
        ...

    async def events(self, query: Query) -> Sequence[Stored]:
        """A page of events, newest first."""
        ...

    async def duplicates(self, query: Query) -> Sequence[Duplicate]:
        """A page of duplicates, newest first."""
        ...

    async def rejections(self, query: Query, quarantined: bool = False) -> Sequence[Rejection]:
        """A page of rejections, newest first; or only the quarantined ones that were not released."""
        ...

    async def rejection_counts(self) -> Sequence[RejectionCount]:
        """How often each source refused, by reason."""
        ...

    async def deliveries(self, query: Query) -> Sequence[Delivery]:
        """A page of deliveries, newest first."""
        ...

    async def delivery(self, delivery_id: str) -> Delivery | None:
        """One delivery."""
        ...

    async def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        """The attempts of one delivery, in order."""
        ...

    async def verdicts(self, event_id: str) -> Sequence[Verdict]:
        """What expressions said of one event, by subscription."""
        ...

    async def verdict_counts(self, subscriptions: Sequence[str]) -> Sequence[VerdictCount]:
        """For each of these subscriptions how often its expressions failed, and its newest verdict."""
        ...

    async def waiting(self) -> Mapping[str, int]:
        """How many deliveries wait for each subscription, those of the config and any others."""
        ...

    async def backlog(self, now: int) -> Sequence[Backlog]:
        """How much waits for each subscription at `now`, those of the config and any others."""
        ...

    async def paused(self) -> Sequence[Pause]:
        """The subscriptions that are paused, and how much waits for them."""
        ...

    async def keep_answer(self, kept: KeptAnswer) -> None:
        """Keep a subscriber's answer for a day, so that a provider that waits for it can have it."""
        ...

    async def awaited(self, pairs: Sequence[tuple[str, str]]) -> Sequence[Awaited]:
        """Where the deliveries of each (event_id, subscription) stand, the oldest first."""
        ...

    async def answer(self, delivery_id: str) -> KeptAnswer | None:
        """The kept answer to the newest attempt that has one."""
        ...

    async def watch(self, heard: Mapping[str, int | None], gap: int, now: int) -> Sequence[Watched]:
        """Note when each watched source was heard since the last look, None for not; tell what is known.

        Where nobody looked for more than `gap` ms, a silence counts from now. What was heard ends a silence.
        """
        ...

    async def tell_silent(self, source: str, counted_from: int, now: int, emit: Candidate) -> bool:
        """Emit that a source is silent. False, and nothing, where it was told or is silent no more."""
        ...

    async def silences(self) -> Mapping[str, int]:
        """The sources whose silence was told and goes on, with the time (Unix ms) from which it counts."""
        ...

    async def tell_rejected(self, source: str, period: int, now: int, emit: Candidate) -> bool:
        """Emit that all requests of a source fail. False, and nothing, where it was told within `period`."""
        ...

    async def has_accepted(self, source: str, since: int) -> bool:
        """Whether a webhook of the source went in since then, duplicates too."""
        ...

    async def known(self, source: str, keys: Sequence[str]) -> frozenset[str]:
        """Which of `keys` a source has had: taken as dedupe keys, or ids of events that are stored still.

        The second outlives the dedupe window: a provider that is asked tells of older events too.
        """
        ...

    async def begin_backfill(self, source: str, account: str, now: int, until: int) -> Place | None:
        """Take a backfill until `until`, and say where it goes on. None: somebody else is at it.

        `account` is "" for the provider's own.
        """
        ...

    async def mark_backfill(self, place: Place, until: int) -> None:
        """Note how far a backfill got, and take it until `until`; 0 lets it go."""
        ...

    async def marks(self, times: Sequence[int]) -> Sequence[Mark]:
        """A mark for each time (Unix ms), in their order; at the same cost however many rows there are."""
        ...

    async def dead_letters(self, since: int, width: int) -> Mapping[int, int]:
        """How many deliveries died in each span of `width` ms from `since` on, by the span's number.

        Spans without any are left out.
        """
        ...

    async def last_seen(self, sources: Sequence[str]) -> Mapping[str, int]:
        """When the newest stored event of each source was received; sources without any are left out."""
        ...

    async def close(self) -> None:
        """Finish what is under way and let go of the store."""
        ...
