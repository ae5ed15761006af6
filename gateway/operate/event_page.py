"""One event with all that belongs to it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from pydantic import Field

from gateway.operate.opened import Opened
from gateway.operate.paging import pages
from gateway.operate.reasons import Shown, WhyRow, reasons, utc
from gateway.operate.rows import DuplicateRow, EventRow, HeaderPairs, TriedRow, body_fields
from gateway.store.records import Attempt, Delivery, Duplicate, Query, Reception, Stored


class EventPage(EventRow):
    """An event with all that belongs to it, oldest first.

    `body` is what came, as text, or `body_base64` where it is none; `secret` is the index of the one that
    matched.
    """

    remote_addr: str | None
    url: str | None
    secret: int | None
    headers: HeaderPairs
    body: str | None = None
    body_base64: str | None = None
    deliveries: list[TriedRow]
    not_delivered: list[WhyRow] = Field(description="The subscriptions without a delivery, and why.")
    duplicates: list[DuplicateRow]

    def record(self, seq: int = 0) -> Stored:
        """The event with how it reached the gateway."""
        body = b64decode(self.body_base64) if self.body_base64 is not None else (self.body or "").encode()
        reception = None
        if self.url is not None:
            headers = orjson.dumps(self.headers).decode()
            reception = Reception(self.remote_addr or "", self.url, headers, self.secret)
        return Stored(self.event(), reception, body, seq)


@dataclass(frozen=True, slots=True)
class Page:
    """An event, its deliveries with their attempts, its duplicates, oldest first. `now` is Unix ms.

    `missed` says of the subscriptions that have no delivery why not.
    """

    stored: Stored
    deliveries: Sequence[tuple[Delivery, Sequence[Attempt]]]
    duplicates: Sequence[Duplicate]
    now: int
    missed: Sequence[WhyRow] = ()

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
            not_delivered=list(self.missed),
            duplicates=[DuplicateRow.of(copy) for copy in self.duplicates],
        )


async def read_page(opened: Opened, stored: Stored, shown: Shown = utc) -> Page:
    """Read what belongs to `stored`; `shown` writes the times in sentences."""
    store, query = opened.store, Query(event_id=stored.event.event_id)
    deliveries = [(d, await store.attempts(d.delivery_id)) async for d in pages(store.deliveries, query)]
    duplicates = [copy async for copy in pages(store.duplicates, query)]
    found = await reasons(opened, stored.event, [delivery for delivery, _ in deliveries[::-1]], shown)
    missed = [why for why in found if not why.deliveries]
    return Page(stored, deliveries[::-1], duplicates[::-1], opened.now, missed)


def page_of(row: EventPage, now: int) -> Page:
    """The page again, of who got it over the network."""
    deliveries = [(d.record(), [each.record(d.delivery_id) for each in d.attempts]) for d in row.deliveries]
    return Page(row.record(), deliveries, [copy.record() for copy in row.duplicates], now, row.not_delivered)
