"""A gateway elsewhere as the command line looks at it, over its API."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from gateway.cli.opening import NOTHING, STORE, USAGE, Look, stop
from gateway.client import Gateway, GatewayError
from gateway.client.connection import NO_URL
from gateway.operate import answers
from gateway.operate.answers import Page
from gateway.operate.event_page import Page as EventPages
from gateway.operate.event_page import page_of
from gateway.operate.event_types import TypePage, TypeRow
from gateway.operate.opened import Looked, Named
from gateway.operate.paging import Fetch
from gateway.operate.reasons import WhyRow
from gateway.operate.rows import Row
from gateway.operate.subscriptions import SubscriptionRow
from gateway.store.audit import Entry, Which
from gateway.store.records import Attempt, Delivery, Duplicate, Pause, Query, Stored
from gateway.store.rejections import Rejection, RejectionCount

Item = TypeVar("Item", bound=Row)
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class There:
    """The part of a store that looks, of a gateway that is asked over its API.

    A page's last row has the cursor of the next page as its `seq`: the API tells no other place in the order.
    """

    gateway: Gateway

    async def event(self, id: str) -> Stored | None:
        try:
            return self.gateway.event(id).record()
        except GatewayError as error:
            if error.status == 404:
                return None
            raise

    async def events(self, query: Query) -> Sequence[Stored]:
        return self.list(answers.Events, "events", query, lambda row, seq: row.record(seq), **_event(query))

    def with_payload(self, payload: str) -> Fetch[Stored]:
        """A list of the events with this in their payload, `data.object.customer=cus_1`."""

        async def events(query: Query) -> Sequence[Stored]:
            which = _event(query) | {"payload": payload}
            return self.list(answers.Events, "events", query, lambda row, seq: row.record(seq), **which)

        return events

    async def duplicates(self, query: Query) -> Sequence[Duplicate]:
        if query.event_id is not None:
            return [] if query.before is not None else self._copies(query.event_id)
        kind = answers.Duplicates
        return self.list(kind, "duplicates", query, lambda row, seq: row.record(seq), **_event(query))

    def _copies(self, event_id: str) -> list[Duplicate]:
        """All copies of one event, newest first, as one page that is the last."""
        try:
            return [copy.record() for copy in self.gateway.copies(event_id).copies[::-1]]
        except GatewayError as error:
            if error.status == 404:
                return []
            raise

    async def rejections(self, query: Query, quarantined: bool = False) -> Sequence[Rejection]:
        path = "quarantine" if quarantined else "rejections"
        which = {"source": query.source, "since": query.since}
        return self.list(answers.Rejections, path, query, lambda row, seq: row.record(seq), **which)

    async def rejection_counts(self) -> Sequence[RejectionCount]:
        return [count.record() for count in self.gateway.rejection_counts()]

    async def deliveries(self, query: Query) -> Sequence[Delivery]:
        which = {"state": query.state, "subscription": query.subscription, "event_id": query.event_id}
        more = which | _event(query)
        return self.list(answers.Deliveries, "deliveries", query, lambda row, seq: row.record(seq), **more)

    async def delivery(self, delivery_id: str) -> Delivery | None:
        try:
            return self.gateway.delivery(delivery_id).record()
        except GatewayError as error:
            if error.status == 404:
                return None
            raise

    async def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        return [each.record(delivery_id) for each in self.gateway.delivery(delivery_id).attempts]

    async def paused(self) -> Sequence[Pause]:
        found = self.gateway.subscriptions()
        paused = [*(each.paused for each in found.items), *(each.paused for each in found.left)]
        return [each.record() for each in paused if each is not None]

    @property
    def audit(self) -> AuditThere:
        return AuditThere(self)

    def list(
        self,
        kind: type[Page[Item]],
        path: str,
        query: Query,
        record: Callable[[Item, int], Kept],
        **which: Any,
    ) -> list[Kept]:
        """`query.limit` rows, or fewer where there are no more; a page of the API may end sooner."""
        found: list[Kept] = []
        cursor = None if query.before is None else str(query.before)
        while len(found) < query.limit:
            page = self.gateway.page(kind, path, cursor, query.limit - len(found), **which)
            found += [record(row, int(page.next or 0)) for row in page.items]
            cursor = page.next
            if cursor is None:
                break
        return found


@dataclass(frozen=True, slots=True)
class AuditThere:
    """The audit log of a gateway elsewhere."""

    there: There

    async def entries(self, which: Which) -> Sequence[Entry]:
        asked = Query(before=which.before, limit=which.limit)
        chosen = {"who": which.who, "action": which.action, "since": which.since}
        kind = answers.AuditPage
        return self.there.list(kind, "audit", asked, lambda row, seq: row.record(seq), **chosen)


def _event(query: Query) -> dict[str, Any]:
    return {"source": query.source, "name": query.name, "since": query.since}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A gateway elsewhere, to look at. `now` is Unix ms."""

    gateway: Gateway
    now: int
    store: There = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "store", There(self.gateway))

    @property
    def place(self) -> str:
        """Its URL."""
        return self.gateway.url

    @property
    def file(self) -> str:
        """Its URL too: its config has no other name here."""
        return self.gateway.url

    def names(self, kind: Named) -> Iterable[str]:
        """The sources or subscriptions of its config."""
        rows = self.gateway.sources() if kind == "source" else self.gateway.subscriptions().items
        return [row.name for row in rows]


def _gateway(there: Looked) -> Gateway:
    """The client of a gateway elsewhere, for what is no list of the store."""
    assert isinstance(there, Elsewhere)
    return there.gateway


def types_of(there: Looked, name: str | None, last: int) -> list[TypeRow]:
    """The event names of a gateway elsewhere."""
    return _gateway(there).event_types(name=name, last=last)


async def type_page_of(there: Looked, name: str, last: int) -> TypePage:
    """One event name of a gateway elsewhere."""
    return _gateway(there).event_type(name, last=last)


def subscriptions_of(there: Looked) -> Sequence[SubscriptionRow]:
    """The subscriptions of a gateway elsewhere."""
    return _gateway(there).subscriptions().items


def reasons_of(there: Looked, event_id: str) -> list[WhyRow]:
    """Why the subscriptions of a gateway elsewhere got an event, or not."""
    return _gateway(there).why(event_id)


def page_of_event(there: Looked, event_id: str) -> EventPages:
    """One event of a gateway elsewhere with all that belongs to it."""
    return page_of(_gateway(there).event(event_id), there.now)


@contextmanager
def connected(url: str) -> Iterator[Gateway]:
    """The gateway at `url` with the token of GATEWAY_TOKEN. What it refuses ends the command."""
    try:
        with Gateway(url, os.environ.get("GATEWAY_TOKEN")) as gateway:
            yield gateway
    except GatewayError as error:
        raise stop(_words(error, url), _exit_code(error)) from error


def _words(error: GatewayError, url: str) -> str:
    """The error with what to do next, where the gateway does not say it."""
    if error.status == 401 and "GATEWAY_TOKEN" not in os.environ:
        return f"{error}; set GATEWAY_TOKEN"
    if error.status == 401:
        return f"{error}; set GATEWAY_TOKEN to server.admin_token or one of api_tokens of its config"
    if error.status is None and error.code is None:
        return f"{error}; see whether a gateway answers there: curl {url.rstrip('/')}/healthz"
    return str(error)


def _exit_code(error: GatewayError) -> int:
    """As for a gateway here: what is not there is NOTHING, a store that can't be used is STORE."""
    if error.code == NO_URL:
        return USAGE
    if error.status is None or error.status >= 500:
        return STORE
    return NOTHING if error.status in (404, 409) else USAGE


def look(url: str, job: Look) -> None:
    """Do `job`, which only looks, on the gateway at `url`."""
    with connected(url) as gateway:
        asyncio.run(_looked(job, Elsewhere(gateway, round(time.time() * 1000))))


async def _looked(job: Look, there: Elsewhere) -> None:
    await job(there)
