"""One event with all that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from gateway.operate.opened import Reads
from gateway.operate.paging import pages
from gateway.operate.rows import DuplicateRow, EventPage, EventRow, TriedRow, body_fields
from gateway.store.records import Attempt, Delivery, Duplicate, Query, Stored


@dataclass(frozen=True, slots=True)
class Page:
    """An event, its deliveries with their attempts, its duplicates, oldest first. `now` is Unix ms."""

    stored: Stored
    deliveries: Sequence[tuple[Delivery, Sequence[Attempt]]]
    duplicates: Sequence[Duplicate]
    now: int

    @property
    def row(self) -> EventPage:
        """The page as a row."""
        reception = self.stored.reception
        return EventPage.model_construct(
            **EventRow.of(self.stored.event).plain(),
            remote_addr=reception.remote_addr if reception else None,
            url=reception.url if reception else None,
            secret=reception.secret if reception else None,
            headers=orjson.loads(reception.headers) if reception else [],
            **body_fields(self.stored.body),
            deliveries=[TriedRow.told(one, tried, self.now) for one, tried in self.deliveries],
            duplicates=[DuplicateRow.of(copy) for copy in self.duplicates],
        )


async def read_page(store: Reads, stored: Stored, now: int) -> Page:
    """Read what belongs to `stored`."""
    query = Query(event_id=stored.event.event_id)
    deliveries = [(d, await store.attempts(d.delivery_id)) async for d in pages(store.deliveries, query)]
    duplicates = [copy async for copy in pages(store.duplicates, query)]
    return Page(stored, deliveries[::-1], duplicates[::-1], now)
