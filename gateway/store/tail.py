"""What was stored last, read forward: what `gateway tail` and `gateway listen` follow.

Every list here comes oldest first. Every time is Unix ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.store.records import Delivery, Duplicate, Stored
from gateway.store.rejections import Rejection

Kind = Literal["events", "duplicates", "rejections", "deliveries"]
"""What can be followed. Of deliveries it is the making; how they end is asked for by their places."""

GONE_AFTER = 86_400_000
"""How long (ms) a listener that is not heard of is remembered, with what it was handed."""

MOST_LISTENERS = 1000
"""Listeners that are remembered; a new one beyond them can follow, but can't be handed anything."""


@dataclass(frozen=True, slots=True)
class Span:
    """Places in the order of the store: those above `after`, up to `upto`."""

    after: int
    upto: int
    source: str | None = None
    name: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Listener:
    """A program that follows events under a name of its own, so that people can hand it one.

    `to` is where it says that it takes them, `who` whose token it has.
    """

    name: str
    who: str
    to: str
    seen_at: int


class Tail(Protocol):
    """The part of a store that is read forward. It costs nothing while nobody does."""

    async def head(self, kind: Kind, after: int) -> int:
        """Up to which place above `after` everything is there that ever will be; `after` where nothing is.

        Nodes commit in another order than they take places: what may still appear below a row that is there
        already holds the head back. Where places were given back, it is below `after`.
        """
        ...

    async def events(self, span: Span) -> Sequence[Stored]:
        """Events with their bodies."""
        ...

    async def duplicates(self, span: Span) -> Sequence[Duplicate]:
        """Duplicates."""
        ...

    async def rejections(self, span: Span) -> Sequence[Rejection]:
        """Rejections; `span.name` has no meaning for them."""
        ...

    async def deliveries(self, span: Span) -> Sequence[Delivery]:
        """Deliveries, whatever became of them since."""
        ...

    async def ended(self, places: Sequence[int]) -> Sequence[Delivery]:
        """Those of the deliveries at these places that are pending no more."""
        ...

    async def attend(self, listener: Listener) -> None:
        """Note that a listener is there."""
        ...

    async def listeners(self, since: int) -> Sequence[Listener]:
        """Those that were heard of since then, by name."""
        ...

    async def hand(self, listener: str, event_id: str) -> bool:
        """Hand a stored event to a listener. False: there is no such listener."""
        ...

    async def handed(self, listener: str, after: int, limit: int = 100) -> Sequence[tuple[int, Stored]]:
        """What a listener was handed behind its place `after`, with the places.

        An event that was purged meanwhile is left out.
        """
        ...

    async def last_handed(self, listener: str) -> int:
        """The place of what it was handed last; 0: nothing."""
        ...
