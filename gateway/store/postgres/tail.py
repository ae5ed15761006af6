"""What was stored last, read forward, in PostgreSQL, where places do not come in the order of commits.

A node takes a place when it inserts a row and lets others see it when it commits, so a row can appear below
one that is there already. Where a place is free, reading stops before it until every transaction is over that
ran when it was first found free: then it will never be taken (a transaction was undone, or a row removed).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from gateway.event import compile_patterns
from gateway.store import rows
from gateway.store.postgres.pool import Pool
from gateway.store.postgres.session import Session
from gateway.store.records import Delivery, Duplicate, Stored
from gateway.store.rejections import Rejection
from gateway.store.tail import GONE_AFTER, MOST_LISTENERS, Kind, Listener, Span

LOOK = 5000
"""Places that one look goes through."""

GAPS = 1000
"""Free places that are remembered."""

Record = TypeVar("Record")


class Tail:
    """Keeps the contract of `gateway.store.tail.Tail`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._gaps: OrderedDict[tuple[Kind, int], int] = OrderedDict()

    async def head(self, kind: Kind, after: int) -> int:
        return await self._pool.read(lambda session: self._head(session, kind, after))

    async def _head(self, session: Session, kind: Kind, after: int) -> int:
        # In this order: a transaction that ends between the two statements is seen by the second.
        running_since = await session.value("running_since")
        found = await session.rows(f"places_of_{kind}", after, LOOK)
        if not found:
            return min(after, int(await session.value(f"last_place_of_{kind}")))
        return self._settled(kind, after, found, running_since)

    def _settled(self, kind: Kind, after: int, found: Iterable[rows.Row], running_since: int | None) -> int:
        """The last place before the first free one that may still be taken. Times are Unix µs."""
        for row in found:
            if row["seq"] > after + 1:
                since = self._gaps.setdefault((kind, after), row["now"])
                if running_since is not None and running_since <= since:
                    self._forget()
                    return after
            after = row["seq"]
        self._forget()
        return after

    def _forget(self) -> None:
        while len(self._gaps) > GAPS:
            self._gaps.popitem(last=False)

    async def events(self, span: Span) -> Sequence[Stored]:
        return await self._span("tail_events", span, rows.stored)

    async def duplicates(self, span: Span) -> Sequence[Duplicate]:
        return await self._span("tail_duplicates", span, rows.duplicate)

    async def rejections(self, span: Span) -> Sequence[Rejection]:
        asked = (span.after, span.upto, span.source, span.limit)
        return await self._list("tail_rejections", asked, rows.rejection)

    async def deliveries(self, span: Span) -> Sequence[Delivery]:
        return await self._span("tail_deliveries", span, rows.delivery)

    async def ended(self, places: Sequence[int]) -> Sequence[Delivery]:
        return await self._list("tail_ended", (list(places),), rows.delivery)

    async def attend(self, listener: Listener) -> None:
        async with self._pool.transaction() as session:
            if await session.count("forget_listeners", listener.seen_at - GONE_AFTER):
                await session.count("forget_handed")
            asked = (listener.name, listener.who, listener.to, listener.seen_at)
            await session.count("attend", *asked, MOST_LISTENERS)

    async def listeners(self, since: int) -> Sequence[Listener]:
        return await self._list("listeners", (since,), lambda row: Listener(*row))  # type: ignore[misc]

    async def hand(self, listener: str, event_id: str) -> bool:
        async with self._pool.transaction() as session:
            number = await session.value("count_handed", listener)
            if number is not None:
                await session.count("hand", listener, number, event_id)
        return number is not None

    async def handed(self, listener: str, after: int, limit: int = 100) -> Sequence[tuple[int, Stored]]:
        asked = (listener, after, limit)
        return await self._list("handed", asked, lambda row: (row["number"], rows.stored(row)))

    async def last_handed(self, listener: str) -> int:
        return int(await self._pool.read(lambda session: session.value("last_handed", listener)))

    async def _span(self, statement: str, span: Span, record: Callable[[rows.Row], Record]) -> list[Record]:
        name = None if span.name is None else f"^(?:{compile_patterns([span.name]).pattern})$"
        return await self._list(statement, (span.after, span.upto, span.source, name, span.limit), record)

    async def _list(
        self, statement: str, values: Sequence[object], record: Callable[[rows.Row], Record]
    ) -> list[Record]:
        found = await self._pool.read(lambda session: session.rows(statement, *values))
        return [record(row) for row in found]
