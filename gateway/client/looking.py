"""What a client looks at: a method for each operation of the API that only looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict, Unpack
from urllib.parse import quote

from gateway.client.connection import Connection
from gateway.operate import answers
from gateway.operate.auditing import AuditRow
from gateway.operate.diagnosing import Diagnosis, FindingRow
from gateway.operate.event_page import EventPage
from gateway.operate.event_types import TypePage, TypeRow
from gateway.operate.history import History
from gateway.operate.rates import Rates
from gateway.operate.reasons import WhyRow
from gateway.operate.rows import (
    DeliveryRow,
    DuplicateRow,
    EventRow,
    RejectionCountRow,
    RejectionRow,
    TriedRow,
)
from gateway.operate.subscriptions import Subscriptions
from gateway.operate.tail import ListenerRow, Listeners, Tailed
from gateway.store.records import State


class Followed(TypedDict, total=False):
    """What is followed: events of a source or with a name (a pattern), from `since` (Unix ms) on.

    `bodies`: with raw bodies and headers. `listener` is a name under which events can be handed to you, `to`
    where you take them.
    """

    source: str | None
    name: str | None
    since: int | None
    limit: int | None
    bodies: bool | None
    listener: str | None
    to: str | None


class Looking(Connection):
    """The part of a client that only looks."""

    def sources(self) -> list[answers.SourceRow]:
        """The sources of the config."""
        return self.get(answers.Sources, "sources").items

    def subscriptions(self) -> Subscriptions:
        """The subscriptions of the config, and what waits for others."""
        return self.get(Subscriptions, "subscriptions")

    def diagnosis(self, source: str, url: str | None = None) -> list[FindingRow]:
        """What the provider sends compared with what the config wants; `url` is the endpoint's."""
        return self.get(Diagnosis, f"sources/{quote(source, safe='')}/diagnosis", url=url).items

    def adapters(self) -> list[answers.AdapterRow]:
        """Every adapter that a source may name."""
        return self.get(answers.Adapters, "adapters").items

    def events(
        self,
        *,
        source: str | None = None,
        name: str | None = None,
        since: int | None = None,
        payload: str | None = None,
    ) -> Iterator[EventRow]:
        """Events, newest first. `name` is a pattern, `since` Unix ms, `payload` as in `data.id=cus_1`."""
        return self.every(answers.Events, "events", source=source, name=name, since=since, payload=payload)

    def event(self, id: str) -> EventPage:
        """One event with all that belongs to it; by its event_id or the provider's id."""
        return self.get(EventPage, f"events/{quote(id, safe='')}")

    def why(self, id: str) -> list[WhyRow]:
        """Of each subscription why it got an event, or why not."""
        return self.get(answers.Whys, f"why/{quote(id, safe='')}").items

    def event_types(self, *, name: str | None = None, last: int | None = None) -> list[TypeRow]:
        """The names of the newest `last` events, or those that a pattern matches: how often, when last."""
        return self.get(answers.EventTypes, "event-types", name=name, last=last).items

    def event_type(self, name: str, *, last: int | None = None) -> TypePage:
        """One event name, with the JSON Schema of its data and its newest event."""
        return self.get(TypePage, f"event-types/{quote(name, safe='')}", last=last)

    def duplicates(
        self, *, source: str | None = None, name: str | None = None, since: int | None = None
    ) -> Iterator[DuplicateRow]:
        """Duplicates, newest first."""
        return self.every(answers.Duplicates, "duplicates", source=source, name=name, since=since)

    def duplicate_groups(
        self, *, source: str | None = None, name: str | None = None, since: int | None = None
    ) -> Iterator[answers.GroupRow]:
        """The first events that came again, the one with the newest copy first."""
        return self.every(answers.Groups, "duplicate-groups", source=source, name=name, since=since)

    def copies(self, id: str) -> answers.Copies:
        """The copies of one event; by its event_id, a provider's id or a duplicate_id."""
        return self.get(answers.Copies, f"duplicates/{quote(id, safe='')}")

    def rejections(
        self, *, source: str | None = None, since: int | None = None, quarantined: bool = False
    ) -> Iterator[RejectionRow]:
        """Refused requests, newest first; or only those that can be verified again."""
        path = "quarantine" if quarantined else "rejections"
        return self.every(answers.Rejections, path, source=source, since=since)

    def rejection_counts(self) -> list[RejectionCountRow]:
        """How often each source refused since ever, by reason."""
        return self.get(answers.RejectionCounts, "rejection-counts").items

    def deliveries(
        self,
        *,
        state: State | None = None,
        subscription: str | None = None,
        source: str | None = None,
        name: str | None = None,
        since: int | None = None,
        event_id: str | None = None,
    ) -> Iterator[DeliveryRow]:
        """Deliveries, newest first; with `event_id` only an event's own."""
        which = {"state": state, "subscription": subscription, "source": source, "name": name}
        return self.every(answers.Deliveries, "deliveries", **which, since=since, event_id=event_id)

    def delivery(self, delivery_id: str) -> TriedRow:
        """One delivery with its attempts."""
        return self.get(TriedRow, f"deliveries/{quote(delivery_id, safe='')}")

    def tail(
        self,
        cursor: str | None = None,
        *,
        kinds: str = "events",
        wait: int = 20_000,
        **which: Unpack[Followed],
    ) -> Tailed:
        """What happened behind the cursor, or the cursor of now. `wait` is ms, `kinds` as in GET /tail."""
        return self.get(Tailed, "tail", cursor=cursor, kinds=kinds, wait=wait, **which)

    def rates(self, window: int = 60_000) -> Rates:
        """How much came and went within the last `window` ms, and what waits."""
        return self.get(Rates, "rates", window=window)

    def history(self, length: int = 86_400_000, spans: int = 48) -> History:
        """What came, went and died within the last `length` ms, in so many spans."""
        return self.get(History, "history", length=length, spans=spans)

    def audit(
        self, *, who: str | None = None, action: str | None = None, since: int | None = None
    ) -> Iterator[AuditRow]:
        """Who did what, newest first."""
        return self.every(answers.AuditPage, "audit", who=who, action=action, since=since)

    def listeners(self) -> list[ListenerRow]:
        """Who listens under a name now."""
        return self.get(Listeners, "listeners").items
