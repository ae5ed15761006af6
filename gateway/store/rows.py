"""Database rows as the store's records. Both engines have the same columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import orjson

from gateway.event import Event
from gateway.store.event_types import TypeCount
from gateway.store.records import (
    Attempt,
    Claimed,
    Delivery,
    Duplicate,
    Pause,
    Reception,
    Stored,
)
from gateway.store.rejections import Rejection, RejectionCount
from gateway.store.waits import PARKED, Wait, Waited
from gateway.verdict import Verdict, VerdictCount

HELD = 9_000_000_000_000_000
"""`leased_until` of a delivery that waits for an earlier one of its key: leased to nobody, for ever."""


class Row(Protocol):
    """What a driver gives for a row: its values by the names of their columns."""

    def __getitem__(self, name: str, /) -> Any: ...

    def keys(self) -> Iterable[str]: ...


def event(row: Row) -> Event:
    """The columns of `events` as an Event."""
    return Event(
        event_id=row["event_id"],
        id=row["id"],
        name=row["name"],
        source=row["source"],
        data=row["data"],
        ts=row["ts"],
        v=row["v"],
        received_at=row["received_at"],
        attributes=orjson.loads(row["attributes"]),
    )


def stored(row: Row) -> Stored:
    """A row of `events` joined with its request's body."""
    reception = None
    if row["headers"] is not None:
        reception = Reception(
            remote_addr=row["remote_addr"],
            url=row["url"],
            headers=row["headers"],
            secret=row["secret"],
            request_id=row["request_id"],
            body=row["body"],
        )
    return Stored(event(row), reception, _body(row), row["seq"])


def delivery(row: Row) -> Delivery:
    """A row of `deliveries` joined with its event's id, name and source."""
    held, parked = row["leased_until"] == HELD, row["leased_until"] == PARKED
    return Delivery(
        delivery_id=row["delivery_id"],
        event_id=row["event_id"],
        subscription=row["subscription"],
        state=row["state"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        retries=row["retries"],
        created_at=row["created_at"],
        leased_until=None if held or parked else row["leased_until"],
        finished_at=row["finished_at"],
        replay_of=row["replay_of"],
        last_status=row["last_status"],
        last_error=row["last_error"],
        id=row["id"],
        name=row["name"],
        source=row["source"],
        seq=row["seq"],
        order_key=row["order_key"],
        held=held,
        parked=parked,
        waits=row["waits"],
        batch_id=row["batch_id"] if "batch_id" in row.keys() else None,  # noqa: SIM118 - a row is no dict
        waited=_waited(row),
    )


def _waited(row: Row) -> tuple[Wait, ...]:
    """The waits of a delivery, which lists have with it as JSON."""
    told = row["waited"] if "waited" in row.keys() else None  # noqa: SIM118
    return tuple(wait(each) for each in orjson.loads(told)) if told else ()


def claimed(row: Row) -> Claimed:
    """A leased delivery with its event, the provider's headers and the raw body."""
    return Claimed(delivery(row), event(row), row["headers"] or "[]", _body(row))


def with_waits(claimed: Iterable[Claimed], waits: Iterable[Waited]) -> list[Claimed]:
    """Claimed deliveries with their waits, which come in the order in which they were opened."""
    of: dict[str, list[Waited]] = {}
    for one in waits:
        of.setdefault(one.wait.delivery_id, []).append(one)
    return [replace(one, waits=tuple(of.get(one.delivery.delivery_id, ()))) for one in claimed]


def wait(row: Row) -> Wait:
    """A row of `waits`; joined with its event its `seq` is called `wait`, its event_id `first_id`."""
    is_joined = "wait" in row.keys()  # noqa: SIM118
    return Wait(
        seq=row["wait" if is_joined else "seq"],
        delivery_id=row["delivery_id"],
        event_id=row["first_id" if is_joined else "event_id"],
        subscription=row["subscription"],
        step=row["step"],
        patterns=tuple(row["patterns"].split(" ")),
        match=row["match"],
        ends=bool(row["ends"]),
        state=row["state"],
        opened_at=row["opened_at"],
        until=row["until"],
        resolved_at=row["resolved_at"],
        async_id=row["async_id"],
    )


def duplicate(row: Row) -> Duplicate:
    """A row of `duplicates`."""
    values = dict(row)
    values["same_body"] = bool(values["same_body"])
    values["fields"] = tuple(orjson.loads(values["fields"]))
    return Duplicate(**values)


def rejection(row: Row) -> Rejection:
    """A row of `rejections`."""
    return Rejection(**dict(row))


def rejection_count(row: Row) -> RejectionCount:
    """A row of `rejection_counts`."""
    return RejectionCount(**dict(row))


def attempt(row: Row) -> Attempt:
    """A row of `attempts`."""
    return Attempt(**dict(row))


def pause(row: Row) -> Pause:
    """A row of `paused` with the number of deliveries that wait."""
    return Pause(**dict(row))


def verdict(row: Row) -> Verdict:
    """A row of `verdicts`."""
    return Verdict(**dict(row))


def verdict_count(row: Row) -> VerdictCount:
    """The number of a subscription's errors, joined with the newest row of its `verdicts`, if any."""
    values = dict(row)
    subscription, errors = values["asked"], values.pop("errors")
    del values["asked"]
    return VerdictCount(subscription, errors, Verdict(**values) if values["event_id"] is not None else None)


def _body(row: Row) -> bytes:
    kept: bytes | None = row["body"]
    data: str = row["data"]
    return data.encode() if kept is None else kept


def type_counts(found: Sequence[Row]) -> list[TypeCount]:
    """The newest rows of each name, which stand together, newest first, as what is known of the name."""
    each: dict[str, list[Row]] = {}
    for row in found:
        each.setdefault(row["name"], []).append(row)
    return [_type_count(name, newest) for name, newest in each.items()]


def _type_count(name: str, newest: Sequence[Row]) -> TypeCount:
    return TypeCount(
        name=name,
        events=newest[0]["events"],
        since=newest[0]["since"],
        last_at=newest[0]["received_at"],
        versions=tuple(dict.fromkeys(row["v"] for row in newest if row["v"] is not None)),
        sources=tuple(dict.fromkeys(row["source"] for row in newest)),
        newest=tuple(row["seq"] for row in newest),
    )
