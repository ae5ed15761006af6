"""The store as people see it: every row that is read comes with what its source's `redact` hides left out.

All else goes through to the store itself. What acts on events, a replay or a release, needs them whole and
takes the store itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from gateway.event import Event
from gateway.redaction import MARK, Redactions, scrub
from gateway.store import Store
from gateway.store.event_types import EventTypes
from gateway.store.records import Attempt, Delivery, Duplicate, Query, Stored
from gateway.store.rejections import Rejection
from gateway.store.searching import Searching
from gateway.store.tail import Span, Tail
from gateway.verdict import Verdict, VerdictCount


def shown(store: Store, redactions: Redactions) -> Store:
    """`store` as people see it; itself where no source hides anything."""
    return cast(Store, Shown(store, redactions)) if redactions else store


@dataclass(frozen=True, slots=True)
class Shown:
    """A store whose rows are read redacted."""

    whole: Store
    redactions: Redactions

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    @property
    def searching(self) -> Searching:
        return ShownSearching(self.whole.searching, self)

    @property
    def tail(self) -> Tail:
        return cast(Tail, ShownTail(self.whole.tail, self))

    @property
    def event_types(self) -> EventTypes:
        return cast(EventTypes, ShownEventTypes(self.whole.event_types, self))

    async def event(self, id: str) -> Stored | None:
        stored = await self.whole.event(id)
        return None if stored is None else self.stored(stored)

    async def events(self, query: Query) -> Sequence[Stored]:
        return list(map(self.stored, await self.whole.events(query)))

    async def duplicates(self, query: Query) -> Sequence[Duplicate]:
        return await self.copies(await self.whole.duplicates(query))

    async def copies(self, found: Sequence[Duplicate]) -> list[Duplicate]:
        """Duplicates redacted."""
        events = await self._events({one.event_id for one in found if self.redactions.at(one.source)})
        return [self._duplicate(one, events.get(one.event_id)) for one in found]

    async def rejections(self, query: Query, quarantined: bool = False) -> Sequence[Rejection]:
        return list(map(self.rejection, await self.whole.rejections(query, quarantined)))

    async def deliveries(self, query: Query) -> Sequence[Delivery]:
        return await self.told(await self.whole.deliveries(query))

    async def told(self, found: Sequence[Delivery]) -> list[Delivery]:
        """Deliveries redacted."""
        events = await self._events({one.event_id for one in found if self._is_told_of(one)})
        return [self._delivery(one, events.get(one.event_id)) for one in found]

    async def delivery(self, delivery_id: str) -> Delivery | None:
        found = await self.whole.delivery(delivery_id)
        if found is None or not self._is_told_of(found):
            return found
        return self._delivery(found, (await self._events({found.event_id})).get(found.event_id))

    async def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        found = await self.whole.attempts(delivery_id)
        delivery = await self.whole.delivery(delivery_id) if found else None
        if delivery is None or not self.redactions.at(delivery.source):
            return found
        event = (await self._events({delivery.event_id})).get(delivery.event_id)
        return [self._attempt(one, event) for one in found]

    async def verdicts(self, event_id: str) -> Sequence[Verdict]:
        found = await self.whole.verdicts(event_id)
        events = await self._events({event_id}) if found else {}
        if event_id not in events:
            return found
        return verdicts(self.redactions, events[event_id], found)

    async def verdict_counts(self, subscriptions: Sequence[str]) -> Sequence[VerdictCount]:
        found = await self.whole.verdict_counts(subscriptions)
        events = await self._events({one.last.event_id for one in found if one.last})
        return [self._counted(one, events) for one in found]

    def _counted(self, count: VerdictCount, events: Mapping[str, Event]) -> VerdictCount:
        if count.last is None or count.last.event_id not in events:
            return count
        (last,) = verdicts(self.redactions, events[count.last.event_id], [count.last])
        return replace(count, last=last)

    async def _events(self, ids: set[str]) -> dict[str, Event]:
        """Events as they are, by their event_id."""
        found = [await self.whole.event(id) for id in sorted(ids)]
        return {one.event.event_id: one.event for one in found if one is not None}

    def stored(self, stored: Stored) -> Stored:
        """An event redacted."""
        event, reception = stored.event, stored.reception
        redaction = self.redactions.at(event.source)
        if not redaction:
            return stored
        hidden = redaction.values(event.data)
        if reception is not None:
            headers = scrub(redaction.pairs(reception.headers), hidden)
            reception = replace(reception, headers=headers, url=scrub(reception.url, hidden), body=None)
        data = self.redactions.event(event)
        body = data.data.encode() if event.is_system else redaction.body(event.data, stored.body)
        return replace(stored, event=data, reception=reception, body=body)

    def _duplicate(self, copy: Duplicate, first: Event | None) -> Duplicate:
        redaction = self.redactions.at(copy.source)
        known = [data for data in (first.data if first else None, copy.data) if data is not None]
        hidden = sorted({value for data in known for value in redaction.values(data)}, key=len, reverse=True)
        headers = scrub(redaction.pairs(copy.headers), hidden)
        data = None if copy.data is None else redaction.text(copy.data)
        return replace(copy, fields=redaction.fields(copy.fields), headers=headers, data=data)

    def rejection(self, rejection: Rejection) -> Rejection:
        """A rejection redacted."""
        redaction = self.redactions.at(rejection.source)
        if not redaction:
            return rejection
        body = rejection.body or b""
        hidden = redaction.values(body.decode(errors="replace")) if body else ()
        return replace(
            rejection,
            detail=scrub(rejection.detail, hidden),
            url=scrub(rejection.url, hidden),
            headers=scrub(redaction.pairs(rejection.headers), hidden),
            body=None if rejection.body is None else MARK.encode(),
        )

    def _is_told_of(self, delivery: Delivery) -> bool:
        """Whether a delivery says something that an event's hidden values may be in."""
        return bool(self.redactions.at(delivery.source) and (delivery.last_error or delivery.order_key))

    def _delivery(self, delivery: Delivery, event: Event | None) -> Delivery:
        error, key = self._line(event, delivery.last_error), self._line(event, delivery.order_key)
        return replace(delivery, last_error=error, order_key=key) if event else delivery

    def _attempt(self, attempt: Attempt, event: Event | None) -> Attempt:
        response = self._line(event, attempt.response) or ""
        return replace(attempt, error=self._line(event, attempt.error), response=response)

    def _line(self, event: Event | None, text: str | None) -> str | None:
        return self.redactions.line(event, text) if event else MARK if text else text


@dataclass(frozen=True, slots=True)
class ShownSearching:
    """Events by what is in them, which who asks compares with what is shown: not with a hidden value."""

    whole: Searching
    shown: Shown

    @property
    def most(self) -> int:
        return self.whole.most

    async def holding(self, text: str, query: Query) -> Sequence[Stored]:
        return list(map(self.shown.stored, await self.whole.holding(text, query)))


@dataclass(frozen=True, slots=True)
class ShownTail:
    """What was stored last, read forward and redacted."""

    whole: Tail
    shown: Shown

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    async def events(self, span: Span) -> Sequence[Stored]:
        return list(map(self.shown.stored, await self.whole.events(span)))

    async def duplicates(self, span: Span) -> Sequence[Duplicate]:
        return await self.shown.copies(await self.whole.duplicates(span))

    async def rejections(self, span: Span) -> Sequence[Rejection]:
        return list(map(self.shown.rejection, await self.whole.rejections(span)))

    async def ended(self, places: Sequence[int]) -> Sequence[Delivery]:
        return await self.shown.told(await self.whole.ended(places))

    async def handed(self, listener: str, after: int, limit: int = 100) -> Sequence[tuple[int, Stored]]:
        return [
            (place, self.shown.stored(one)) for place, one in await self.whole.handed(listener, after, limit)
        ]


@dataclass(frozen=True, slots=True)
class ShownEventTypes:
    """Event names, whose samples are redacted."""

    whole: EventTypes
    shown: Shown

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    async def events(self, seqs: Sequence[int]) -> Sequence[Stored]:
        return list(map(self.shown.stored, await self.whole.events(seqs)))


def verdicts(redactions: Redactions, event: Event, found: Sequence[Verdict]) -> list[Verdict]:
    """What expressions said of an event, without what its source hides."""
    redaction = redactions.at(event.source)
    if not redaction:
        return list(found)
    hidden = redaction.values(event.data)
    return [redaction.verdict(one, hidden) for one in found]
