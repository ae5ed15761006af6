"""The parts of a store whose bodies are encrypted, sealed and opened like the store itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from gateway.store.event_types import EventTypes
from gateway.store.health import HealthStore
from gateway.store.records import Candidate, Claimed, Delivery, Duplicate, Query, Rejection, Stored
from gateway.store.sealing import Sealing
from gateway.store.searching import MOST_ENCRYPTED
from gateway.store.tail import Span, Tail
from gateway.store.waits import Look, Waits

CHUNK = 100
"""Events that are decrypted at a time."""


@dataclass(frozen=True, slots=True)
class SealedWaits:
    """Open waits: the engine sees the event that arrived opened, to find those that it may resolve."""

    waits: Waits
    seal: Sealing

    def __getattr__(self, name: str) -> Any:
        return getattr(self.waits, name)

    async def look(self, limit: int = 200) -> Look | None:
        found = await self.waits.look(limit, self.seal.event)
        if found is None:
            return None
        return replace(found, waits=[(wait, self.seal.event(event)) for wait, event in found.waits])


class Events(Protocol):
    """A store whose events are read opened."""

    async def events(self, query: Query) -> Sequence[Stored]: ...


@dataclass(frozen=True, slots=True)
class SealedSearching:
    """Looking into the data of events: each is decrypted, here, to be looked into."""

    store: Events
    most: int = MOST_ENCRYPTED

    async def holding(self, text: str, query: Query) -> Sequence[Stored]:
        found: list[Stored] = []
        part = replace(query, limit=CHUNK)
        while len(found) < query.limit:
            page = await self.store.events(part)
            found += [one for one in page if text in one.event.data]
            if len(page) < CHUNK:
                break
            part = replace(part, before=page[-1].seq)
        return found[: query.limit]


@dataclass(frozen=True, slots=True)
class SealedTail:
    """What was stored last, read forward."""

    tail: Tail
    seal: Sealing

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tail, name)

    async def events(self, span: Span) -> Sequence[Stored]:
        return list(map(self.seal.stored, await self.tail.events(span)))

    async def duplicates(self, span: Span) -> Sequence[Duplicate]:
        return list(map(self.seal.duplicate, await self.tail.duplicates(span)))

    async def rejections(self, span: Span) -> Sequence[Rejection]:
        return list(map(self.seal.opened_rejection, await self.tail.rejections(span)))

    async def deliveries(self, span: Span) -> Sequence[Delivery]:
        return list(map(self.seal.delivery, await self.tail.deliveries(span)))

    async def ended(self, places: Sequence[int]) -> Sequence[Delivery]:
        return list(map(self.seal.delivery, await self.tail.ended(places)))

    async def handed(self, listener: str, after: int, limit: int = 100) -> Sequence[tuple[int, Stored]]:
        found = await self.tail.handed(listener, after, limit)
        return [(place, self.seal.stored(stored)) for place, stored in found]


@dataclass(frozen=True, slots=True)
class SealedEventTypes:
    """Event names, with their newest events."""

    event_types: EventTypes
    seal: Sealing

    def __getattr__(self, name: str) -> Any:
        return getattr(self.event_types, name)

    async def newest(self, name: str, limit: int) -> Sequence[Stored]:
        return list(map(self.seal.stored, await self.event_types.newest(name, limit)))


@dataclass(frozen=True, slots=True)
class SealedHealth:
    """How subscribers fare, with what that sets off. `opened` is how the store opens what was claimed."""

    health: HealthStore
    seal: Sealing
    opened: Callable[[Claimed, int], Awaitable[Claimed | None]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.health, name)

    async def tell_failing(self, subscription: str, why: str, now: int, emit: Sequence[Candidate]) -> bool:
        return await self.health.tell_failing(subscription, why, now, self._sealed(emit))

    async def open(
        self, subscription: str, reason: str, now: int, probe_at: int, emit: Sequence[Candidate]
    ) -> bool:
        return await self.health.open(subscription, reason, now, probe_at, self._sealed(emit))

    async def probe(
        self, subscription: str, lease: int, now: int, owner: str, ordered: bool
    ) -> Claimed | None:
        found = await self.health.probe(subscription, lease, now, owner, ordered)
        return None if found is None else await self.opened(found, now)

    async def close(self, subscription: str, emit: Sequence[Candidate]) -> bool:
        return await self.health.close(subscription, self._sealed(emit))

    def _sealed(self, emit: Sequence[Candidate]) -> list[Candidate]:
        return list(map(self.seal.candidate, emit))
