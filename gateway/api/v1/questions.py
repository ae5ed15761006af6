"""What callers may ask: the query of each list, the body of each action."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from gateway.api.v1.operation import Asking
from gateway.operate.replaying import RATE
from gateway.store.records import Query, State

LATEST = 253_402_300_799_999
"""Unix ms of the last moment of the year 9999."""

_DIGITS = re.compile(r"\d{1,18}", re.ASCII)


def _plain_number(value: Any) -> Any:
    """A number in a query is digits, where pydantic would take `1_0` too; 1.0 in JSON is a whole number."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise ValueError("must be a whole number in digits")
    return int(value) if isinstance(value, float) and value.is_integer() else value


Text = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00]+$")]
"""A name or an id. No store keeps a zero byte in text."""

Moment = Annotated[int, Field(ge=0, le=LATEST), BeforeValidator(_plain_number)]
Cursor = Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
SINCE = Field(None, description="Not before this time. Unix ms.")
SOURCE = Field(None, description="Only of this source; `gateway` is the gateway's own.")
NAME = Field(
    None, description="Only events whose name matches: * within a segment, ** across, as in stripe/customer.*"
)
SUBSCRIPTION = Field(None, description="Only for this subscription.")


class Page(Asking):
    """Which part of a list."""

    cursor: Cursor | None = Field(None, description="`next` of the page before; without it the first page.")
    limit: Annotated[int, Field(ge=1, le=500), BeforeValidator(_plain_number)] = 50

    def of(self, **wanted: Any) -> Query:
        """The store's query for this page of what is wanted."""
        return Query(limit=self.limit, before=None if self.cursor is None else int(self.cursor), **wanted)


class EventQuery(Page):
    """Which events, or which duplicates."""

    source: Text | None = SOURCE
    name: Text | None = NAME
    since: Moment | None = SINCE

    def query(self) -> Query:
        """As the store asks it."""
        return self.of(source=self.source, name=self.name, since=self.since)


class TypeQuery(Asking):
    """How many of the newest events to look at for their names."""

    last: Annotated[int, Field(ge=1, le=10_000_000), BeforeValidator(_plain_number)] = Field(
        100_000, description="Look at this many events, the newest."
    )


class TypesQuery(TypeQuery):
    """Which event names."""

    name: Text | None = NAME


class RejectionQuery(Page):
    """Which rejections."""

    source: Text | None = SOURCE
    since: Moment | None = SINCE

    def query(self) -> Query:
        """As the store asks it."""
        return self.of(source=self.source, since=self.since)


class DeliveryQuery(EventQuery):
    """Which deliveries; `since` looks at the end of those that ended. With `event_id` only an event's own."""

    state: State | None = Field(None, description="`dead`: every attempt failed.")
    subscription: Text | None = SUBSCRIPTION
    event_id: Text | None = Field(None, description="Only of this event: with it the other filters but "
                                                    "`state` and `subscription` have no effect.")  # fmt: skip

    def query(self) -> Query:
        """As the store asks it."""
        which = {"source": self.source, "name": self.name, "since": self.since, "event_id": self.event_id}
        return self.of(state=self.state, subscription=self.subscription, **which)


Ids = Annotated[list[Text], Field(min_length=1, max_length=1000)]
DRY_RUN = Field(False, description="Say what would be done, and do nothing.")
AT_ONCE = Field(1000, description="How many at most; `more` says that there are others.")
AtOnce = Annotated[int, Field(ge=1, le=10_000), BeforeValidator(_plain_number)]


Rate = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(_plain_number)]
RATED = Field(RATE, description="How many become due in a second.")


class ReplayIds(Asking):
    """Which events and deliveries to deliver anew."""

    ids: Ids = Field(description="Event ids, providers' ids or delivery ids; an event goes to every "
                                 "subscription that wants it now, a delivery to its own again.")  # fmt: skip
    subscription: Text | None = Field(None, description="To this subscription instead.")
    rate: Rate | None = Field(None, description="How many become due in a second; without it all at once.")
    dry_run: bool = DRY_RUN


class ReplayEvents(Asking):
    """Which events to deliver anew, by when they were received."""

    since: Moment = Field(description="Not before this time. Unix ms.")
    until: Moment | None = Field(None, description="Before this time. Unix ms.")
    source: Text | None = SOURCE
    name: Text | None = NAME
    subscription: Text | None = Field(None, description="To this subscription, whatever its patterns.")
    rate: Rate = RATED
    limit: AtOnce = Field(1000, description="How many deliveries at most; with more, none is made.")
    dry_run: bool = DRY_RUN

    def query(self) -> Query:
        """As the store asks it."""
        return Query(source=self.source, name=self.name, since=self.since)


class ReplayDead(Asking):
    """Which dead letters to deliver anew. One that has a later delivery is left alone."""

    since: Moment | None = Field(None, description="Only those that ended since then. Unix ms.")
    until: Moment | None = Field(None, description="Only those that ended before then. Unix ms.")
    rate: Rate = RATED
    subscription: Text | None = SUBSCRIPTION
    source: Text | None = SOURCE
    name: Text | None = NAME
    limit: AtOnce = AT_ONCE
    dry_run: bool = DRY_RUN

    def query(self) -> Query:
        """As the store asks it."""
        return Query(source=self.source, name=self.name, since=self.since, subscription=self.subscription)


class CancelIds(Asking):
    """Which deliveries to end; an event's id stands for all of its pending ones."""

    ids: Ids
    dry_run: bool = DRY_RUN


class CancelPending(Asking):
    """Which pending deliveries to end: all that match, so with no filter all."""

    since: Moment | None = Field(None, description="Only those that were made since then. Unix ms.")
    subscription: Text | None = SUBSCRIPTION
    source: Text | None = SOURCE
    name: Text | None = NAME
    limit: AtOnce = AT_ONCE
    dry_run: bool = DRY_RUN

    def query(self) -> Query:
        """As the store asks it."""
        which = {"source": self.source, "name": self.name, "since": self.since}
        return Query(state="pending", subscription=self.subscription, **which)  # type: ignore[arg-type]


class Pausing(Asking):
    """Why a subscription is held back."""

    reason: Text | None = Field(None, description="Shown wherever the pause is.")


class Release(Asking):
    """Which quarantined requests to verify again."""

    source: Text
    since: Moment | None = SINCE
    limit: Annotated[int, Field(ge=1, le=1000), BeforeValidator(_plain_number)] = Field(
        100, description="How many at most, the oldest first."
    )
    dry_run: bool = DRY_RUN
