"""Event names, by the index of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from gateway.event import first_id
from gateway.store import rows
from gateway.store.event_types import LOOKED_AT, TypeCount
from gateway.store.records import Stored
from gateway.store.statements import load

SQL = load("gateway.store.sqlite", "event_types.sql")
DAY, HOUR, NEVER = 86_400_000, 3_600_000, 2**63 - 1

Read = Callable[[Callable[[sqlite3.Connection], Any]], Awaitable[Any]]


class SqliteEventTypes:
    """Keeps `gateway.store.event_types.EventTypes`; `read` is the store's."""

    def __init__(self, read: Read) -> None:
        self._read = read

    async def counted(self, now: int, name: str | None = None) -> Sequence[TypeCount]:
        found: Sequence[TypeCount] = await self._read(lambda db: _counted(db, now, name))
        return found

    async def newest(self, name: str, limit: int) -> Sequence[Stored]:
        asked = {"name": name, "limit": limit}
        found: Sequence[Stored] = await self._read(
            lambda db: [rows.stored(row) for row in db.execute(SQL["newest_of_type"], asked)]
        )
        return found


def _counted(db: sqlite3.Connection, now: int, name: str | None) -> list[TypeCount]:
    asked = {"name": name, "hour": _since(db, now - HOUR), "day": _since(db, now - DAY)}
    statement = SQL["type_counts" if name is None else "type_count"]
    return [_count(db, row) for row in db.execute(statement, asked).fetchall()]


def _since(db: sqlite3.Connection, time: int) -> int:
    """The `seq` of the first event since then."""
    row = db.execute(SQL["first_since"], {"id": first_id(time)}).fetchone()
    return NEVER if row is None else row[0]


def _count(db: sqlite3.Connection, row: sqlite3.Row) -> TypeCount:
    facts = db.execute(SQL["type_facts"], {"name": row["name"], "limit": LOOKED_AT}).fetchall()
    return rows.type_count(row, facts)
