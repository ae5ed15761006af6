"""The names that events have: how often each came, and its newest events, at a bounded cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.store.records import Stored

LOOKED_AT = 100
"""The newest events of a name whose versions and sources are told."""


@dataclass(frozen=True, slots=True)
class TypeCount:
    """How often events of one name came, as far as they are kept; `last_at` is the newest's reception.

    `versions` and `sources` are those of its newest LOOKED_AT events.
    """

    name: str
    events: int
    last_hour: int
    last_day: int
    last_at: int
    versions: tuple[str, ...]
    sources: tuple[str, ...]


class EventTypes(Protocol):
    """What a store knows of event names."""

    async def counted(self, now: int, name: str | None = None) -> Sequence[TypeCount]:
        """Every name, or one, sorted by name. It reads an index, and of each name the newest few events."""
        ...

    async def newest(self, name: str, limit: int) -> Sequence[Stored]:
        """The newest events of exactly this name, newest first, by an index."""
        ...
