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

SAMPLES = 100
"""The newest events of a name that its schema is learned from."""

ENOUGH = 8_388_608
"""Bytes of data after which no further sample is looked at."""


class TypeRow(Row):
    """An event name as far as its events are kept: how many came, ever and lately, and from where."""

    name: str
    events: int
    last_hour: int = Field(description="How many of them came in the last hour.")
    last_day: int = Field(description="How many of them came in the last 24 hours.")
    last_at: int = Field(description="When the newest was received.")
    versions: list[str] = Field(description="The `v` of the newest 100, the newest first.")
    sources: list[str] = Field(description="The sources of the newest 100.")

    @staticmethod
    def of(count: TypeCount) -> TypeRow:
        """The row of a name."""
        return TypeRow.model_construct(**_fields(count))


class TypePage(TypeRow):
    """An event name with the JSON Schema that its newest data keeps, and the newest event."""

    samples: int = Field(description="How many events the schema is learned from.")
    schema_: dict[str, Any] = Field(alias="schema", description="What `data` looked like, as JSON Schema.")
    example: EventRow

    def plain(self) -> dict[str, Any]:
        """The row for orjson."""
        return self.model_dump(exclude_unset=True, by_alias=True)


def _fields(count: TypeCount) -> dict[str, Any]:
    return {
        "name": count.name,
        "events": count.events,
        "last_hour": count.last_hour,
        "last_day": count.last_day,
        "last_at": count.last_at,
        "versions": list(count.versions),
        "sources": list(count.sources),
    }


async def type_rows(store: Store, now: int, pattern: str | None = None) -> list[TypeRow]:
    """Every name that `pattern` matches, sorted."""
    exact = pattern if pattern is not None and "*" not in pattern else None
    wanted = compile_patterns([pattern]) if pattern is not None else None
    found = await store.event_types.counted(now, exact)
    return [TypeRow.of(one) for one in found if wanted is None or wanted.fullmatch(one.name)]


async def type_page(store: Store, now: int, name: str) -> TypePage | None:
    """One name with its schema and an example; None where no event has it."""
    counted = await store.event_types.counted(now, name)
    newest = _enough(await store.event_types.newest(name, SAMPLES))
    if not counted or not newest:
        return None
    schema = learned([orjson.loads(one.event.data) for one in newest])
    return TypePage.model_construct(
        **_fields(counted[0]), samples=len(newest), schema_=schema, example=EventRow.of(newest[0].event)
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
