"""The parts of an encrypted store that events go through."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from gateway.store.flow import Admission, Admitted, FlowStore
from gateway.store.health import Health, HealthStore
from gateway.store.keyring import Unreadable
from gateway.store.records import Candidate, Claimed
from gateway.store.sealing import Sealing

log = logging.getLogger("gateway.store")


class SealedHealth:
    """How subscribers fare; `opens` opens what was claimed at a time (Unix ms), or gives it back."""

    def __init__(
        self, part: HealthStore, seal: Sealing, opens: Callable[[Claimed, int], Awaitable[Claimed | None]]
    ) -> None:
        self._part = part
        self._seal = seal
        self._opens = opens

    async def all(self) -> Sequence[Health]:
        return await self._part.all()

    async def tell_failing(self, subscription: str, why: str, now: int, emit: Sequence[Candidate]) -> bool:
        return await self._part.tell_failing(subscription, why, now, self._sealed(emit))

    async def recovered(self, subscription: str) -> bool:
        return await self._part.recovered(subscription)

    async def open(
        self, subscription: str, reason: str, now: int, probe_at: int, emit: Sequence[Candidate]
    ) -> bool:
        return await self._part.open(subscription, reason, now, probe_at, self._sealed(emit))

    async def probe(
        self, subscription: str, lease: int, now: int, owner: str, ordered: bool
    ) -> Claimed | None:
        claimed = await self._part.probe(subscription, lease, now, owner, ordered)
        return None if claimed is None else await self._opens(claimed, now)

    async def probe_failed(self, subscription: str, probe_at: int, now: int) -> None:
        await self._part.probe_failed(subscription, probe_at, now)

    async def close(self, subscription: str, emit: Sequence[Candidate]) -> bool:
        return await self._part.close(subscription, self._sealed(emit))

    def _sealed(self, emit: Sequence[Candidate]) -> list[Candidate]:
        return [self._seal.candidate(each) for each in emit]


class SealedFlow:
    """What may begin, and what should have begun."""

    def __init__(self, part: FlowStore, seal: Sealing) -> None:
        self._part = part
        self._seal = seal

    async def admit(self, asked: Admission) -> Sequence[Admitted]:
        return await self._part.admit(asked)

    async def overdue(
        self, subscription: str, start_before: int | None, finish_before: int | None, limit: int = 100
    ) -> Sequence[Claimed]:
        found = []
        for claimed in await self._part.overdue(subscription, start_before, finish_before, limit):
            try:
                found.append(self._seal.claimed(claimed))
            except Unreadable as error:
                log.error("%s is not cancelled: %s", claimed.delivery.delivery_id, error)
        return found
