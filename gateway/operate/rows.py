"""The rows that people see, in their one form: `--json`, the API's answers, the client's results.

Every time is Unix ms, every duration ms, unless a field says otherwise. `of` makes a row of a store's record
without checking it again; `record` is the way back, for who got a row over the network.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any

import orjson
from pydantic import Field

from gateway.event import Event
from gateway.operate.wait_row import Row as Row
from gateway.operate.wait_row import WaitRow
from gateway.store.records import Attempt, Delivery, Duplicate, Pause, State, Stored
from gateway.store.rejections import Rejection, RejectionCount

HeaderPairs = list[Annotated[list[str], Field(min_length=2, max_length=2)]]
"""[name, value] pairs, in the order in which they came."""


class EventRow(Row):
    """An event; `data` is the provider's payload, number for number where the gateway itself writes it."""

    event_id: str = Field(description="The gateway's own id, unique for ever; sortable by time.")
    id: str = Field(description="The provider's event id.")
    name: str
    source: str
    ts: int = Field(description="When it happened, as the provider says. Unix ms.")
    received_at: int
    v: str | None
    attributes: dict[str, str | int | bool | None]
    data: Any

    @staticmethod
    def of(event: Event) -> EventRow:
        """The row of an event."""
        return EventRow.model_construct(
            event_id=event.event_id,
            id=event.id,
            name=event.name,
            source=event.source,
            ts=event.ts,
            received_at=event.received_at,
            v=event.v,
            attributes=dict(event.attributes),
            data=on_one_line(event.data),
        )

    def event(self) -> Event:
        """The event again; its data is written anew."""
        fields = {name: getattr(self, name) for name in EventRow.model_fields}
        return Event(**fields | {"data": orjson.dumps(self.data).decode()})

    def record(self, seq: int = 0) -> Stored:
        """The event as a list of the store has it."""
        return Stored(self.event(), None, b"", seq)


class AttemptRow(Row):
    """One try of a delivery. `latency` is ms; `response` the first 4 KiB of the answer's body."""

    number: int
    started_at: int
    latency: int
    status: int | None
    error: str | None
    response: str

    @staticmethod
    def of(attempt: Attempt) -> AttemptRow:
        """The row of an attempt."""
        fields = {name: getattr(attempt, name) for name in AttemptRow.model_fields}
        return AttemptRow.model_construct(**fields)

    def record(self, delivery_id: str) -> Attempt:
        """The attempt again."""
        return Attempt(delivery_id=delivery_id, **self.model_dump())


class DeliveryRow(Row):
    """One event for one subscription. `in_flight`: a worker has it under a lease right now."""

    delivery_id: str
    event_id: str
    id: str
    name: str
    source: str
    subscription: str
    state: State
    due_at: int
    attempts: int
    created_at: int
    finished_at: int | None
    replayed_from: str | None = Field(description="The delivery that this one does again.")
    last_status: int | None
    last_error: str | None
    order_key: str | None = Field(None, description="Deliveries of one key keep an order.")
    held: bool = Field(False, description="An earlier one of its key, or the first of its batch, goes first.")
    parked: bool = Field(False, description="It waits for another event, until due_at.")
    waits: list[WaitRow] = Field([], description="What it waits or waited for, the first first.")
    batch_id: str | None = Field(None, description="Deliveries of one batch go in one call.")
    in_flight: bool

    @staticmethod
    def of(delivery: Delivery, now: int) -> DeliveryRow:
        """The row of a delivery at `now` (Unix ms)."""
        fields = {name: getattr(delivery, name) for name in DeliveryRow._copied()}
        waits = [WaitRow.of(wait) for wait in delivery.waited]
        fields |= {"waits": waits, "replayed_from": delivery.replay_of}
        return DeliveryRow.model_construct(**fields, in_flight=in_flight(delivery, now))

    @staticmethod
    def _copied() -> list[str]:
        """The fields that a delivery has too."""
        return [
            name for name in DeliveryRow.model_fields if name not in ("in_flight", "waits", "replayed_from")
        ]

    def record(self, seq: int = 0) -> Delivery:
        """The delivery again; its lease and its place in the retry schedule do not travel."""
        fields = {name: getattr(self, name) for name in DeliveryRow._copied()}
        waited = tuple(wait.record(self.delivery_id, self.event_id, self.subscription) for wait in self.waits)
        fields |= {"leased_until": 2**53 if self.in_flight else None, "waited": waited}
        return Delivery(**fields, retries=0, seq=seq, replay_of=self.replayed_from)


class DuplicateRow(Row):
    """A verified webhook that was not processed again. `gap` is ms after the first event, `fields` the paths
    at which its data differs, `reason` which window caught it."""

    duplicate_id: str
    event_id: str
    id: str
    name: str
    source: str
    received_at: int
    gap: int
    same_body: bool
    fields: list[str]
    reason: str
    secret: int | None = Field(description="The index of the secret that matched.")
    remote_addr: str
    headers: HeaderPairs

    @staticmethod
    def of(copy: Duplicate) -> DuplicateRow:
        """The row of a duplicate."""
        return DuplicateRow.model_construct(**_with_lists(copy, DuplicateRow.model_fields))

    def record(self, seq: int = 0) -> Duplicate:
        """The duplicate again."""
        values = {name: getattr(self, name) for name in DuplicateRow.model_fields}
        kept = {"fields": tuple(self.fields), "headers": orjson.dumps(self.headers).decode()}
        return Duplicate(**values | kept, seq=seq)


class RejectionRow(Row):
    """A refused request; its body is not shown, since nobody proved who sent it."""

    rejection_id: str
    source: str
    reason: str
    detail: str
    received_at: int
    remote_addr: str
    method: str
    url: str
    headers: HeaderPairs
    body_size: int
    body_sha256: str
    quarantined: bool = Field(description="Its body is kept, and it can be verified again.")
    released_at: int | None

    @staticmethod
    def of(rejection: Rejection) -> RejectionRow:
        """The row of a rejection."""
        names = [name for name in RejectionRow.model_fields if name != "quarantined"]
        return RejectionRow.model_construct(
            **_with_lists(rejection, names), quarantined=rejection.body is not None
        )

    def record(self, seq: int = 0) -> Rejection:
        """The rejection again, with an empty body where one is kept."""
        values = {name: getattr(self, name) for name in RejectionRow.model_fields if name != "quarantined"}
        body = b"" if self.quarantined else None
        return Rejection(**values | {"headers": orjson.dumps(self.headers).decode()}, body=body, seq=seq)


class RejectionCountRow(Row):
    """How often a source refused for one reason, ever."""

    source: str
    reason: str
    count: int
    first_at: int
    last_at: int

    @staticmethod
    def of(count: RejectionCount) -> RejectionCountRow:
        """The row of a count."""
        return RejectionCountRow.model_construct(**asdict(count))

    def record(self) -> RejectionCount:
        """The count again."""
        return RejectionCount(**self.model_dump())


class PauseRow(Row):
    """A subscription that gets nothing until it is resumed, and how many deliveries wait for it."""

    subscription: str
    paused_at: int
    reason: str
    waiting: int

    @staticmethod
    def of(pause: Pause) -> PauseRow:
        """The row of a pause."""
        return PauseRow.model_construct(**asdict(pause))

    def record(self) -> Pause:
        """The pause again."""
        return Pause(**self.model_dump())


class TriedRow(DeliveryRow):
    """A delivery with its attempts, in order. Their number is `len(attempts)`."""

    attempts: list[AttemptRow]  # type: ignore[assignment]

    @staticmethod
    def told(delivery: Delivery, attempts: Sequence[Attempt], now: int) -> TriedRow:
        """The row of a delivery and its attempts at `now` (Unix ms)."""
        tried = [AttemptRow.of(each) for each in attempts]
        return TriedRow.model_construct(**dict(DeliveryRow.of(delivery, now)) | {"attempts": tried})

    def record(self, seq: int = 0) -> Delivery:
        """The delivery again."""
        return replace(super().record(seq), attempts=len(self.attempts))


def body_fields(body: bytes) -> dict[str, Any]:
    """A body as one of two fields, text where it is text."""
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": b64encode(body).decode()}


def in_flight(delivery: Delivery, now: int) -> bool:
    """Whether a worker has the delivery under a lease at `now` (Unix ms)."""
    return delivery.leased_until is not None and delivery.leased_until > now


def on_one_line(document: str) -> orjson.Fragment:
    """A JSON document unchanged but for its line breaks, which JSON has between tokens only."""
    return orjson.Fragment(document.replace("\n", " ").replace("\r", " ").encode())


def _with_lists(record: Duplicate | Rejection, names: Any) -> Mapping[str, Any]:
    """The fields of a record; those that it keeps as JSON or as a tuple as lists."""
    values = {name: getattr(record, name) for name in names}
    values["headers"] = orjson.loads(record.headers)
    return values if "fields" not in values else values | {"fields": list(values["fields"])}
