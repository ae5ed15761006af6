"""The audit log in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict

from gateway.store.audit import Entry, Which
from gateway.store.sqlite.connection import Read
from gateway.store.sqlite.writer import Writer
from gateway.store.statements import load

SQL = load("gateway.store.sqlite", "audit.sql")


class Audit:
    """Keeps the contract of `gateway.store.audit.Audit`."""

    def __init__(self, writer: Writer, read: Read) -> None:
        self._writer, self._read = writer, read

    async def note(self, entry: Entry) -> None:
        await self._writer.write(_note, entry)

    async def entries(self, which: Which) -> Sequence[Entry]:
        asked = asdict(which)
        return await self._read(lambda db: [Entry(*row) for row in db.execute(SQL["entries"], asked)])

    async def purge(self, before: int, limit: int = 500) -> int:
        return await self._writer.write(_purge, (before, limit))


def _note(db: sqlite3.Connection, entries: Sequence[Entry]) -> list[None]:
    db.executemany(SQL["note"], map(asdict, entries))
    return [None] * len(entries)


def _purge(db: sqlite3.Connection, asked: Sequence[tuple[int, int]]) -> list[int]:
    return [db.execute(SQL["purge"], {"before": at, "limit": limit}).rowcount for at, limit in asked]
