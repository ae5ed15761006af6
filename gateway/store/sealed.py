"""A store whose bodies are encrypted: what goes into it is sealed, what comes out is opened.

It keeps the contract of any store, over either engine, which sees sealed values only. Ids, names, times,
states, addresses, order keys and the paths that differ stay readable: they are looked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from gateway.store.batches import Batch
from gateway.store.contract import Made, Store
from gateway.store.keyring import Keyring, Unreadable
from gateway.store.records import (
    Attempt,
    Cancellation,
    Candidate,
    Claimed,
    ClaimResult,
    Delivery,
    Duplicate,
    Outcome,
    Query,
    Settlement,
    Stored,
)
from gateway.store.rejections import Rejection
from gateway.store.sealed_looks import SealedEventTypes, SealedSearching
from gateway.store.sealed_parts import SealedFlow, SealedHealth, SealedSteps, SealedWaits
from gateway.store.sealed_tail import SealedTail
from gateway.store.sealing import Sealing
from gateway.store.tail import Tail
from gateway.store.watch import KeptAnswer
from gateway.verdict import Verdict, VerdictCount

AGAIN = 60_000
"""ms after which a delivery is tried again whose event can't be opened."""

log = logging.getLogger("gateway.store")


def sealed(store: Store, keyring: Keyring) -> Store:
    """`store` with its bodies encrypted by `keyring`."""
    return cast(Store, SealedStore(store, keyring))


class SealedStore:
    """One store behind a keyring. What has no body in it goes through as it is."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self._store = store
        self._seal = Sealing(keyring)
        self.health = SealedHealth(store.health, self._seal, self._claimed)
        self.searching = SealedSearching(self)
        self.event_types = SealedEventTypes(store.event_types, self._seal)
        self.flow = SealedFlow(store.flow, self._seal)
        self.batches = SealedBatches(store, self._seal)
        self.waits = SealedWaits(store.waits, self._seal)
        self.steps = SealedSteps(store.steps, self._seal)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @property
    def tail(self) -> Tail:
        return cast(Tail, SealedTail(self._store.tail, self._seal))

    def accept(self, candidates: Sequence[Candidate]) -> asyncio.Future[Sequence[Outcome]]:
        return self._store.accept(self._sealed(candidates))

    def accept_preparing(
        self, candidates: Sequence[Candidate], prepare: Callable[[Sequence[Outcome]], Made]
    ) -> asyncio.Future[Made]:
        return self._store.accept_preparing(self._sealed(candidates), prepare)

    async def reject(self, rejection: Rejection) -> None:
        await self._store.reject(self._seal.rejection(rejection))

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
        result = await self._store.claim(slots, leases, now, owner, ordered, retries, prioritized)
        opened = [one for each in result.claimed if (one := await self._claimed(each, now)) is not None]
        return replace(result, claimed=opened)

    async def _claimed(self, claimed: Claimed, now: int) -> Claimed | None:
        """A claimed delivery opened. One that can't be goes back, with no retry spent, and is told of."""
        try:
            return self._seal.claimed(claimed)
        except Unreadable as error:
            one = claimed.delivery
            log.error("%s is not delivered yet: %s", one.delivery_id, error)
            attempt = Attempt(one.delivery_id, one.attempts, now, 0, error=str(error))
            await self.settle(Settlement(attempt, "pending", now + AGAIN, one.retries, now))
            return None

    async def expired(self, now: int, limit: int = 100) -> Sequence[Claimed]:
        found = []
        for claimed in await self._store.expired(now, limit):
            try:
                found.append(self._seal.claimed(claimed))
            except Unreadable as error:
                log.error("the lease of %s stays: %s", claimed.delivery.delivery_id, error)
        return found

    async def settle(self, settlement: Settlement) -> bool:
        return await self._store.settle(self._settlement(settlement))

    def _settlement(self, settlement: Settlement) -> Settlement:
        return replace(
            settlement,
            attempt=self._seal.attempt(settlement.attempt),
            emit=tuple(self._sealed(settlement.emit)),
            others=tuple(map(self._settlement, settlement.others)),
        )

    async def cancel(self, cancellations: Sequence[Cancellation]) -> int:
        asked = [replace(one, emit=tuple(self._sealed(one.emit))) for one in cancellations]
        return await self._store.cancel(asked)

    async def resume(self, subscription: str, emit: Sequence[Candidate] = ()) -> bool:
        return await self._store.resume(subscription, self._sealed(emit))

    async def tell_silent(self, source: str, counted_from: int, now: int, emit: Candidate) -> bool:
        return await self._store.tell_silent(source, counted_from, now, self._seal.candidate(emit))

    async def tell_rejected(self, source: str, period: int, now: int, emit: Candidate) -> bool:
        return await self._store.tell_rejected(source, period, now, self._seal.candidate(emit))

    async def keep_answer(self, kept: KeptAnswer) -> None:
        await self._store.keep_answer(self._seal.answer(kept))

    async def answer(self, delivery_id: str) -> KeptAnswer | None:
        found = await self._store.answer(delivery_id)
        return None if found is None else self._seal.opened_answer(found)

    async def event(self, id: str) -> Stored | None:
        found = await self._store.event(id)
        return None if found is None else self._seal.stored(found)

    async def events(self, query: Query) -> Sequence[Stored]:
        return list(map(self._seal.stored, await self._store.events(query)))

    async def duplicates(self, query: Query) -> Sequence[Duplicate]:
        return list(map(self._seal.duplicate, await self._store.duplicates(query)))

    async def rejections(self, query: Query, quarantined: bool = False) -> Sequence[Rejection]:
        found = await self._store.rejections(query, quarantined)
        return list(map(self._seal.opened_rejection, found))

    async def deliveries(self, query: Query) -> Sequence[Delivery]:
        return list(map(self._seal.delivery, await self._store.deliveries(query)))

    async def delivery(self, delivery_id: str) -> Delivery | None:
        found = await self._store.delivery(delivery_id)
        return None if found is None else self._seal.delivery(found)

    async def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        return list(map(self._seal.opened_attempt, await self._store.attempts(delivery_id)))

    async def verdicts(self, event_id: str) -> Sequence[Verdict]:
        return list(map(self._seal.opened_verdict, await self._store.verdicts(event_id)))

    async def verdict_counts(self, subscriptions: Sequence[str]) -> Sequence[VerdictCount]:
        found = await self._store.verdict_counts(subscriptions)
        return [replace(one, last=self._seal.opened_verdict(one.last)) if one.last else one for one in found]

    def _sealed(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        return [self._seal.candidate(each) for each in candidates]


class SealedBatches:
    """The batches of one store behind a keyring."""

    def __init__(self, store: Store, seal: Sealing) -> None:
        self._store = store
        self._seal = seal

    async def of(self, delivery_id: str) -> Batch:
        """One that can't be opened is left out: it goes alone later, and is told of then."""
        batch = await self._store.batches.of(delivery_id)
        opened = []
        for one in batch.others:
            with contextlib.suppress(Unreadable):
                opened.append(self._seal.claimed(one))
        return replace(batch, others=opened)
