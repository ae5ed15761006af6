"""The copies of one first event, counted: what the command line and the dashboard tell of duplicates."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from gateway.store.records import Duplicate, Stored


class Events(Protocol):
    """Where an event is looked up: a store, or a gateway elsewhere."""

    async def event(self, id: str) -> Stored | None: ...


@dataclass(slots=True)
class Group:
    """The copies of one first event so far, read newest first."""

    newest: Duplicate
    oldest: Duplicate
    copies: int = 0
    differing: int = 0
    id: str = ""
    name: str = ""
    sources: set[str] = field(default_factory=set)
    reasons: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)

    def add(self, copy: Duplicate) -> None:
        """Count one more copy, received before those known."""
        self.oldest = copy
        self.copies += 1
        self.differing += not copy.same_body
        self.sources.add(copy.source)
        self.reasons.add(copy.reason)
        self.addresses.add(copy.remote_addr)

    async def name_first(self, store: Events) -> None:
        """Set the id and name of the first event; those of a twin are others than its copies'."""
        self.id, self.name = self.newest.id, self.newest.name
        if "twin" in self.reasons and (first := await store.event(self.newest.event_id)):
            self.id, self.name = first.event.id, first.event.name


async def grouped(copies: AsyncIterator[Duplicate]) -> list[Group]:
    """One group a first event, the one with the newest copy first; `copies` come newest first."""
    groups: dict[str, Group] = {}
    async for copy in copies:
        groups.setdefault(copy.event_id, Group(copy, copy)).add(copy)
    return list(groups.values())
