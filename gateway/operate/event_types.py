"""Event types: which names there are, how often they come, and what their data looks like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import Field

from gateway.event import compile_patterns
from gateway.learning import learned
from gateway.operate.rows import EventRow, Row
from gateway.store import Store
from gateway.store.event_types import TypeCount
from gateway.store.records import Stored

LAST = 100_000
"""The newest events that are looked at for their names, unless more are asked for."""

ENOUGH = 8_388_608
"""Bytes of data after which no further sample is looked at."""

DAY, HOUR = 86_400_000, 3_600_000


class TypeRow(Row):
    """An event name: how many of the newest events have it, how often it comes, and from where."""

    name: str
    events: int = Field(description="How many of the events that were looked at have this name.")
    per_day: float = Field(description="How many a day, over the time that was looked at, one hour or more.")
    last_at: int = Field(description="When the newest was received.")
    versions: list[str] = Field(description="The `v` of the newest 100, the newest first.")
    sources: list[str] = Field(description="The sources of the newest 100.")

    @staticmethod
    def of(count: TypeCount, now: int) -> TypeRow:
        """The row of a name at `now` (Unix ms)."""
        return TypeRow.model_construct(**_fields(count, now))


class TypePage(TypeRow):
    """An event name with the JSON Schema that its newest data keeps, and the newest event."""

    samples: int = Field(description="How many events the schema is learned from.")
    schema_: dict[str, Any] = Field(alias="schema", description="What `data` looked like, as JSON Schema.")
    example: EventRow

    def plain(self) -> dict[str, Any]:
        """The row for orjson."""
        return self.model_dump(exclude_unset=True, by_alias=True)


def _fields(count: TypeCount, now: int) -> dict[str, Any]:
    return {
        "name": count.name,
        "events": count.events,
        "per_day": round(count.events * DAY / max(HOUR, now - count.since), 2),
        "last_at": count.last_at,
        "versions": list(count.versions),
        "sources": list(count.sources),
    }


async def type_counts(store: Store, pattern: str | None, last: int) -> list[TypeCount]:
    """The names among the newest `last` events that `pattern` matches, sorted."""
    exact = pattern if pattern is not None and "*" not in pattern else None
    wanted = compile_patterns([pattern or "**"])
    found = await store.event_types.counted(last, exact)
    return [one for one in found if wanted.fullmatch(one.name)]


async def type_page(store: Store, count: TypeCount, now: int) -> TypePage | None:
    """One name with its schema and an example; None where its events were purged meanwhile."""
    newest = _enough(await store.event_types.events(count.newest))
    if not newest:
        return None
    schema = learned([orjson.loads(one.event.data) for one in newest])
    example = EventRow.of(newest[0].event)
    return TypePage.model_construct(
        **_fields(count, now), samples=len(newest), schema_=schema, example=example
    )


def _enough(newest: Sequence[Stored]) -> list[Stored]:
    """The first of them, up to ENOUGH bytes: one event may be as large as `server.max_body`."""
    kept, size = [], 0
    for one in newest:
        kept.append(one)
        size += len(one.event.data)
        if size > ENOUGH:
            break
    return kept
