"""What callers may ask: the query of each list, the body of each action."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from gateway.api.v1.operation import Asking
from gateway.operate.cursor import PATTERN
from gateway.store.audit import Which
from gateway.store.records import Query, State

LATEST = 253_402_300_799_999
"""Unix ms of the last moment of the year 9999."""

_DIGITS = re.compile(r"\d{1,18}", re.ASCII)


def plain_number(value: Any) -> Any:
    """A number in a query is digits, where pydantic would take `1_0` too; 1.0 in JSON is a whole number."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise ValueError("must be a whole number in digits")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def plain_truth(value: Any) -> Any:
    """In a query it is true or false, where pydantic would take yes and 1 too."""
    if isinstance(value, str) and value not in ("true", "false"):
        raise ValueError("must be true or false")
    return value


Text = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00]+$")]
"""A name or an id. No store keeps a zero byte in text."""

Moment = Annotated[int, Field(ge=0, le=LATEST), BeforeValidator(plain_number)]
Cursor = Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
SINCE = Field(None, description="Not before this time. Unix ms.")
SOURCE = Field(None, description="Only of this source; `gateway` is the gateway's own.")
NAME = Field(
    None, description="Only events whose name matches: * within a segment, ** across, as in stripe/customer.*"
)
SUBSCRIPTION = Field(None, description="Only for this subscription.")


PAYLOAD = r"^[^.=\x00]+(\.[^.=\x00]+)*="


class Page(Asking):
    """Which part of a list."""

    cursor: Cursor | None = Field(None, description="`next` of the page before; without it the first page.")
    limit: Annotated[int, Field(ge=1, le=500), BeforeValidator(plain_number)] = 50

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

    last: Annotated[int, Field(ge=1, le=10_000_000), BeforeValidator(plain_number)] = Field(
        100_000, description="Look at this many events, the newest."
    )


class TypesQuery(TypeQuery):
    """Which event names."""

    name: Text | None = NAME


class SearchQuery(EventQuery):
    """Which events."""

    payload: Annotated[str, Field(max_length=1000, pattern=PAYLOAD)] | None = Field(
        None,
        description="Only with this value in the payload: a path, = and the value, as in "
        "`data.object.customer=cus_1`. A page then looks through some 20,000 events: it may be short, even "
        "empty, and still have a next one.",
    )


class RejectionQuery(Page):
    """Which rejections."""

    source: Text | None = SOURCE
    since: Moment | None = SINCE

    def query(self) -> Query:
        """As the store asks it."""
        return self.of(source=self.source, since=self.since)


class AuditQuery(Page):
    """Whose actions, and which."""

    who: Text | None = Field(None, description="Only of this token or user, by its name.")
    action: Text | None = Field(None, description="Only of this kind: replay, pause …")
    since: Moment | None = SINCE

    def which(self) -> Which:
        """As the store asks it, for one more than the page has."""
        before = None if self.cursor is None else int(self.cursor)
        return Which(self.who, self.action, self.since, before, self.limit + 1)


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


class DiagnosisQuery(Asking):
    """Which endpoint of the provider is ours."""

    url: Text | None = Field(None, description="Its URL to the letter, where the config says another.")


class HistoryQuery(Asking):
    """How far to look back, and in how many spans."""

    length: Annotated[int, Field(ge=60_000, le=31_536_000_000), BeforeValidator(plain_number)] = Field(
        86_400_000, description="The last so many ms."
    )
    spans: Annotated[int, Field(ge=1, le=200), BeforeValidator(plain_number)] = Field(
        48, description="Counted in so many parts."
    )


class RatesQuery(Asking):
    """Over how long to count."""

    window: Annotated[int, Field(ge=1000, le=3_600_000), BeforeValidator(plain_number)] = Field(
        60_000, description="The last so many ms."
    )


KINDS = r"^(events|duplicates|rejections|deliveries)(,(events|duplicates|rejections|deliveries)){0,3}$"
ListenerName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$")]


class TailQuery(Asking):
    """What to follow, from where on, and how long to wait for it."""

    kinds: Annotated[str, Field(pattern=KINDS)] = Field(
        "events", description="events, duplicates, rejections, deliveries (as they end); divided by commas."
    )
    source: Text | None = SOURCE
    name: Text | None = NAME
    cursor: Annotated[str, Field(pattern=PATTERN)] | None = Field(
        None,
        description="`next` of the answer before; without it following begins, and nothing is waited for.",
    )
    since: Moment | None = Field(None, description="Where there is no cursor: begin here, not now. Unix ms.")
    wait: Annotated[int, Field(ge=0, le=25_000), BeforeValidator(plain_number)] = Field(
        20_000, description="How long to wait where nothing happened yet. ms."
    )
    limit: Annotated[int, Field(ge=1, le=500), BeforeValidator(plain_number)] = 500
    bodies: Annotated[bool, BeforeValidator(plain_truth)] = Field(
        False, description="true: with the raw body and the headers of events."
    )
    listener: ListenerName | None = Field(
        None, description="A name under which events can be handed to you, in the dashboard for example."
    )
    to: Annotated[str, Field(max_length=256, pattern=r"^[!-~]*$")] = Field(
        "", description="Where the listener takes them, for people to see."
    )
