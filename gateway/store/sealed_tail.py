"""What was stored last, read forward, of a store whose bodies are encrypted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.store.records import Delivery, Duplicate, Stored
from gateway.store.rejections import Rejection
from gateway.store.sealing import Sealing
from gateway.store.tail import Span, Tail


class SealedTail:
    """Keeps the contract of `gateway.store.tail.Tail`: rows come opened. The rest goes through as it is."""

    def __init__(self, tail: Tail, seal: Sealing) -> None:
        self._tail, self._seal = tail, seal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tail, name)

    async def events(self, span: Span) -> Sequence[Stored]:
        return list(map(self._seal.stored, await self._tail.events(span)))

    async def duplicates(self, span: Span) -> Sequence[Duplicate]:
        return list(map(self._seal.duplicate, await self._tail.duplicates(span)))

    async def rejections(self, span: Span) -> Sequence[Rejection]:
        return list(map(self._seal.opened_rejection, await self._tail.rejections(span)))

    async def deliveries(self, span: Span) -> Sequence[Delivery]:
        return list(map(self._seal.delivery, await self._tail.deliveries(span)))

    async def ended(self, places: Sequence[int]) -> Sequence[Delivery]:
        return list(map(self._seal.delivery, await self._tail.ended(places)))

    async def handed(self, listener: str, after: int, limit: int = 100) -> Sequence[tuple[int, Stored]]:
        found = await self._tail.handed(listener, after, limit)
        return [(place, self._seal.stored(one)) for place, one in found]
