"""The parts of an encrypted store that events go through."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from gateway.event import Event
from gateway.store.flow import Admission, Admitted, FlowStore
from gateway.store.health import Health, HealthStore
from gateway.store.keyring import Unreadable
from gateway.store.records import Candidate, Claimed
from gateway.store.sealing import Sealing
from gateway.store.steps import NewStep, Step, Steps
from gateway.store.waits import Look, Wait, Waits

RESULT = "result"
"""What the result of a step is sealed as."""

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


class SealedWaits:
    """Open waits. Their keys stay readable, as order keys do: they are looked for."""

    def __init__(self, part: Waits, seal: Sealing) -> None:
        self._part = part
        self._seal = seal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)

    async def look(self, limit: int = 200) -> Look | None:
        """An arrival that can't be opened is waited for, with all behind it. Raises Unreadable.

        A wait whose own event can't be opened is passed over: its delivery could not be made either.
        """
        look = await self._part.look(limit, self._seal.event)
        return None if look is None else replace(look, waits=[*self._opened(look)])

    def _opened(self, look: Look) -> Iterator[tuple[Wait, Event]]:
        for wait, event in look.waits:
            with contextlib.suppress(Unreadable):
                yield wait, self._seal.event(event)


class SealedSteps:
    """The steps of one store behind a keyring: their results, and what is sent with them."""

    def __init__(self, steps: Steps, seal: Sealing) -> None:
        self._steps = steps
        self._seal = seal

    async def of(self, event_id: str, run_id: str) -> Sequence[Step]:
        found = await self._steps.of(event_id, run_id)
        return [replace(one, result=self._seal.keyring.open(one.result, RESULT)) for one in found]

    async def keep(self, new: NewStep) -> str | None:
        """What tells of events that were sent is made by the store, names and ids, and stays readable."""
        result = self._seal.keyring.seal(new.result, RESULT) if new.result else new.result
        sent = tuple(map(self._seal.candidate, new.send))
        kept = await self._steps.keep(replace(new, result=result, send=sent))
        return None if kept is None else self._seal.keyring.open(kept, RESULT)
