"""The rows that somebody gets who follows, and those of the listeners that can be handed an event."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from typing import Any, Literal

import orjson
from pydantic import Field, PrivateAttr

from gateway.operate.rows import (
    DeliveryRow,
    DuplicateRow,
    EventRow,
    HeaderPairs,
    RejectionRow,
    Row,
    body_fields,
)
from gateway.store.records import Delivery, Duplicate, Reception, Stored
from gateway.store.rejections import Rejection
from gateway.store.tail import Listener

What = Literal["event", "duplicate", "rejection", "delivery"]


class TailRow(Row):
    """One thing that happened: its `what` names the field that has it.

    A delivery is told of when it has ended. `handed`: somebody sent this event to the listener.
    """

    what: What
    at: int
    handed: bool = False
    event: EventRow | None = None
    duplicate: DuplicateRow | None = None
    rejection: RejectionRow | None = None
    delivery: DeliveryRow | None = None
    headers: HeaderPairs | None = Field(None, description="Of an event, where bodies were asked for.")
    text: str | None = Field(None, description="The event's data as it was stored, number for number.")
    body: str | None = Field(None, description="The raw body as text, where it is another than `text`.")
    body_base64: str | None = Field(None, description="Such a body that is no text.")

    @staticmethod
    def of_event(stored: Stored, bodies: bool, handed: bool = False) -> TailRow:
        """The row of an event, with all that a delivery of it needs where `bodies` are wanted."""
        more: dict[str, Any] = {"handed": True} if handed else {}
        if bodies:
            headers = stored.reception.headers if stored.reception else "[]"
            more |= {"headers": orjson.loads(headers), "text": stored.event.data}
            if stored.body != stored.event.data.encode():
                more |= body_fields(stored.body)
        event = EventRow.of(stored.event)
        return TailRow.model_construct(what="event", at=stored.event.received_at, event=event, **more)

    def stored(self) -> Stored:
        """The event again, to the letter where it came with its body."""
        assert self.event is not None
        event = self.event.event()
        if self.text is not None:
            event = replace(event, data=self.text)
        body = b64decode(self.body_base64) if self.body_base64 is not None else None
        if body is None:
            body = (self.body if self.body is not None else event.data).encode()
        headers = orjson.dumps(self.headers or []).decode()
        return Stored(event, Reception("", "", headers, None), body)

    @staticmethod
    def of_duplicate(copy: Duplicate) -> TailRow:
        """The row of a duplicate."""
        row = DuplicateRow.of(copy)
        return TailRow.model_construct(what="duplicate", at=copy.received_at, duplicate=row)

    @staticmethod
    def of_rejection(refused: Rejection) -> TailRow:
        """The row of a rejection."""
        row = RejectionRow.of(refused)
        return TailRow.model_construct(what="rejection", at=refused.received_at, rejection=row)

    @staticmethod
    def of_delivery(ended: Delivery) -> TailRow:
        """The row of a delivery that has ended."""
        at = ended.finished_at or ended.created_at
        return TailRow.model_construct(what="delivery", at=at, delivery=DeliveryRow.of(ended, at))


class Tailed(Row):
    """What happened since the cursor, oldest first. Empty: nothing did while it was waited for."""

    items: list[TailRow]
    next: str = Field(description="The cursor to ask with next; also after an empty page.")
    _text: bytes = PrivateAttr(b"")

    @staticmethod
    def written(text: bytes, next: str) -> Tailed:
        """An answer whose items are JSON already."""
        made = Tailed.model_construct(items=[], next=next)
        made._text = text
        return made

    def plain(self) -> dict[str, Any]:
        """The answer for orjson."""
        return {"items": orjson.Fragment(self._text), "next": self.next} if self._text else super().plain()


class ListenerRow(Row):
    """A program that follows under a name. `to` is where it says that it takes the events."""

    name: str
    who: str
    to: str
    seen_at: int

    @staticmethod
    def of(listener: Listener) -> ListenerRow:
        """The row of a listener."""
        fields = {name: getattr(listener, name) for name in ListenerRow.model_fields}
        return ListenerRow.model_construct(**fields)


class Listeners(Row):
    """The listeners that were heard of within the last minute."""

    items: list[ListenerRow]


class Handed(Row):
    """Which events a listener was handed."""

    listener: str
    event_ids: list[str]
