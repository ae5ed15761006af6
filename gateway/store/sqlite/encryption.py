"""The keys of a store file, and its rows as they are stored, to be brought under another key."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson

from gateway.store.encryption import Row, Sealable
from gateway.store.sqlite.writer import Writer
from gateway.store.statements import load

SQL = load("gateway.store.sqlite", "encryption.sql")
Read = Callable[[Callable[[sqlite3.Connection], Any]], Awaitable[Any]]


class SqliteEncryption:
    """The part `encryption` of a SqliteStore."""

    def __init__(self, writer: Writer, read: Read) -> None:
        self._writer, self._read = writer, read

    async def keys(self) -> Sequence[str]:
        found = await self._read(lambda db: db.execute(SQL["encryption_keys"]).fetchall())
        return [row[0] for row in found]

    async def use_key(self, id: str, now: int) -> None:
        await self._writer.write(_execute, ("use_key", [{"id": id, "now": now}]))

    async def forget_keys(self, kept: Sequence[str]) -> None:
        await self._writer.write(_execute, ("forget_keys", [{"kept": orjson.dumps(list(kept)).decode()}]))

    async def page(self, table: Sealable, after: Row, limit: int) -> Sequence[Row]:
        statement = SQL[f"sealed_{table.name}"]
        found = await self._read(lambda db: db.execute(statement, (*after, limit)).fetchall())
        return [tuple(row) for row in found]

    async def rewrite(self, table: Sealable, rows: Sequence[Row]) -> None:
        await self._writer.write(_execute, (f"reseal_{table.name}", rows))


def _execute(db: sqlite3.Connection, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[None]:
    for statement, rows in asked:
        db.executemany(SQL[statement], rows)
    return [None] * len(asked)
