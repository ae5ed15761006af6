"""The parts of an encrypted store that look into events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from gateway.store.event_types import EventTypes
from gateway.store.records import Query, Stored
from gateway.store.sealing import Sealing
from gateway.store.searching import MOST_ENCRYPTED

CHUNK = 100
"""Events that are decrypted at a time."""


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
class SealedEventTypes:
    """Event names, with their newest events opened."""

    event_types: EventTypes
    seal: Sealing

    def __getattr__(self, name: str) -> Any:
        return getattr(self.event_types, name)

    async def events(self, seqs: Sequence[int]) -> Sequence[Stored]:
        return list(map(self.seal.stored, await self.event_types.events(seqs)))
