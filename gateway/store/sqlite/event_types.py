"""Event names, as the newest events have them."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import orjson

from gateway.store import rows
from gateway.store.event_types import NEWEST, TypeCount
from gateway.store.records import Stored
from gateway.store.statements import load

SQL = load("gateway.store.sqlite", "event_types.sql")
Made = TypeVar("Made")


class Read(Protocol):
    """The store's way to read."""

    def __call__(self, read: Callable[[sqlite3.Connection], Made], /) -> Awaitable[Made]: ...


class SqliteEventTypes:
    """Keeps `gateway.store.event_types.EventTypes`."""

    def __init__(self, read: Read) -> None:
        self._read = read

    async def counted(self, last: int, name: str | None = None) -> Sequence[TypeCount]:
        asked = {"last": last, "name": name, "newest": NEWEST}
        return rows.type_counts(await self._rows("type_counts", asked))

    async def events(self, seqs: Sequence[int]) -> Sequence[Stored]:
        found = await self._rows("events_at", {"seqs": orjson.dumps(list(seqs)).decode()})
        return [rows.stored(row) for row in found]

    async def _rows(self, statement: str, values: Mapping[str, Any]) -> list[sqlite3.Row]:
        return await self._read(lambda db: db.execute(SQL[statement], values).fetchall())
