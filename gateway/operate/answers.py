"""What operations answer beyond single rows: pages of lists, and what became of an action."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Generic, TypeVar

import orjson
from pydantic import Field

from gateway.operate.auditing import AuditRow
from gateway.operate.event_types import TypeRow
from gateway.operate.reasons import WhyRow
from gateway.operate.rows import (
    DeliveryRow,
    DuplicateRow,
    EventRow,
    RejectionCountRow,
    RejectionRow,
    Row,
)
from gateway.store.records import Duplicate

Item = TypeVar("Item", bound=Row)


class Whys(Row):
    """Of each subscription why it got one event, or why not; those of the config first."""

    event_id: str
    items: list[WhyRow]


class EventTypes(Row):
    """Every event name, sorted."""

    items: list[TypeRow]


class Page(Row, Generic[Item]):
    """A part of a list. A page may be shorter than its limit and still have a next one."""

    items: list[Item]
    next: str | None = Field(description="The cursor of the next page; null: this was the last.")


class Events(Page[EventRow]):
    """A page of events, newest first."""


class Duplicates(Page[DuplicateRow]):
    """A page of duplicates, newest first."""


class Rejections(Page[RejectionRow]):
    """A page of rejections, newest first."""


class Deliveries(Page[DeliveryRow]):
    """A page of deliveries, newest first."""


class AuditPage(Page[AuditRow]):
    """A page of the audit log, newest first."""


class RejectionCounts(Row):
    """How often each source refused since ever, by reason."""

    items: list[RejectionCountRow]


class GroupRow(Row):
    """How often one event came again. `differing` counts the copies with another body."""

    event_id: str
    id: str
    name: str
    sources: list[str]
    copies: int
    differing: int
    reasons: list[str]
    first_copy_at: int
    first_gap: int = Field(description="ms from the first event to the first copy.")
    last_copy_at: int
    last_gap: int


class Groups(Page[GroupRow]):
    """A page of first events that came again, the one with the newest copy first."""


class Difference(Row):
    """A field in which a copy differs: what the first event has there, and what the copy brought.

    Either is absent where there is nothing, or where it is not kept any more.
    """

    path: str
    first: Any = None
    brought: Any = None


class CopyRow(DuplicateRow):
    """A duplicate with the fields in which it differs; `data` is what it brought, where its body differs."""

    differences: list[Difference]
    data: Any = None

    def record(self, seq: int = 0) -> Duplicate:
        """The duplicate again; its data is written anew."""
        data = None if self.data is None else orjson.dumps(self.data).decode()
        return replace(super().record(seq), data=data)


class Copies(Row):
    """The copies of one event, oldest first. `first` is null where it was purged meanwhile."""

    event_id: str
    first: EventRow | None
    copies: list[CopyRow]


class SourceRow(Row):
    """A source as the config resolves to; durations as text. `secrets` is how many there are."""

    name: str
    path: str
    adapter: str
    dedupe_key: str
    window: str
    key_kept: str
    tolerance: str | None
    secrets: int
    quarantine: bool
    keep_rejections: int
    acks: list[str]
    expect: str | None
    backfill: str | None
    accounts: list[str] = Field(description="Connected accounts that a backfill reads too.")
    url: str = Field(description="Where the provider sends to.")
    first_sample: str = Field(description="A type of event that there is a signed sample of.")
    last_seen: int | None = Field(description="When its newest stored event was received.")


class Sources(Row):
    """The sources of the config, in its order."""

    items: list[SourceRow]


class AdapterRow(Row):
    """What an adapter declares, in words."""

    name: str
    title: str
    docs: str
    scheme: str
    setup: str
    key: str
    tolerance: str
    retries: str
    options: dict[str, str]


class Adapters(Row):
    """Every adapter that a source may name."""

    items: list[AdapterRow]


class NewRow(Row):
    """A delivery that a replay made, or would make: then without an id."""

    delivery_id: str | None
    event_id: str
    name: str
    subscription: str
    replayed_from: str | None


class Replayed(Row):
    """What became of a replay. `more`: others are left, ask again."""

    dry_run: bool
    made: int
    items: list[NewRow]
    more: bool


class Cancelled(Row):
    """What became of a cancellation. `in_flight` are those whose attempt under way may still arrive."""

    dry_run: bool
    cancelled: int
    in_flight: list[str]
    more: bool


class Resumed(Row):
    """A subscription that gets its deliveries again, and how many waited."""

    subscription: str
    waiting: int


class Released(Row):
    """What became of quarantined requests: those that went in, and why the others did not.

    `more`: others are left, ask again with `next` as the `cursor`.
    """

    dry_run: bool
    let_in: int
    duplicates: int
    refused: dict[str, int]
    more: bool
    next: str | None = None


class Purged(Row):
    """How many rows went, or would go. `more`: others are left, ask again."""

    dry_run: bool
    events: int
    duplicates: int
    rejections: int
    keys: int = Field(description="Dedupe keys whose window is over.")
    more: bool


class Erased(Row):
    """One event that is gone, or would be, and how much of its own with it; its dedupe key stays."""

    dry_run: bool
    event_id: str
    name: str
    deliveries: int
    duplicates: int


class Backfilled(Row):
    """What a backfill read up to `until`. `more`: ask again, with `until` as `since`."""

    dry_run: bool
    source: str
    account: str | None
    read: int
    had: int = Field(description="Came by a webhook before.")
    unwanted: int = Field(description="No subscription wants them.")
    too_old: int
    missed: dict[str, int] = Field(description="No webhook had brought them; by name.")
    ids: list[str]
    until: int
    restarted: bool = Field(description="The place where the last one ended was lost.")
    more: bool
