"""The names that the newest events have. No index is kept for it, so receiving pays nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.store.records import Stored

NEWEST = 100
"""Events of a name that are looked at more closely."""


@dataclass(frozen=True, slots=True)
class TypeCount:
    """How many of the events that were looked at have a name.

    `versions` and `sources` are those of its newest ones, `newest` their `seq`: NEWEST at most, newest first.
    `since` is when the oldest event of any name was received that was looked at.
    """

    name: str
    events: int
    since: int
    last_at: int
    versions: tuple[str, ...]
    sources: tuple[str, ...]
    newest: tuple[int, ...]


class EventTypes(Protocol):
    """What a store knows of event names."""

    async def counted(self, last: int, name: str | None = None) -> Sequence[TypeCount]:
        """The names of the newest `last` events, or one name among them, sorted.

        The cost is that of reading so many rows without their data.
        """
        ...

    async def events(self, seqs: Sequence[int]) -> Sequence[Stored]:
        """The events at these places, newest first; those that were purged are left out."""
        ...
