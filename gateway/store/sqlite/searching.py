"""Looking into the data of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from gateway.event import first_id
from gateway.store import rows
from gateway.store.records import Query, Stored
from gateway.store.searching import MOST
from gateway.store.sqlite.connection import Read
from gateway.store.statements import load

SQL = load("gateway.store.sqlite", "searching.sql")


class SqliteSearching:
    """Keeps the contract of `gateway.store.searching.Searching`."""

    most = MOST

    def __init__(self, read: Read) -> None:
        self._read = read

    async def holding(self, text: str, query: Query) -> Sequence[Stored]:
        since = None if query.since is None else first_id(query.since)
        asked = asdict(query) | {"since": since, "text": text}
        return await self._read(lambda db: [rows.stored(row) for row in db.execute(SQL["holding"], asked)])
