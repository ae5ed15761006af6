"""Reading a whole SQLite store in the order of its keys, to copy it into PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.store.copying import Row, Stream
from gateway.store.sqlite.connection import connect, translated
from gateway.store.statements import load

SQL = load("gateway.store.sqlite", "export.sql")
_BOOLEAN = {"duplicates": (8,), "waits": (5, 11)}
"""The columns of a stream that PostgreSQL keeps as truth values."""
_NUL, _INSTEAD = "\x00", "\N{REPLACEMENT CHARACTER}"


class Export:
    """One store file, read by one thread at a time. Rows come as PostgreSQL can keep them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = connect(path)

    async def page(self, stream: Stream, after: Row, limit: int) -> Sequence[Row]:
        rows = await self._rows(stream.name, *after, limit)
        return [_storable(stream, row) for row in rows]

    async def beside(self, stream: Stream, first: Row, last: Row) -> Sequence[Row]:
        assert stream.beside is not None
        return [_storable(stream, row) for row in await self._rows(stream.beside, *first, *last)]

    async def counts(self) -> Mapping[str, int]:
        [row] = await self._rows("counts")
        return dict(row)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    async def _rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        return await asyncio.to_thread(self._read, SQL[statement], values)

    def _read(self, statement: str, values: Sequence[object]) -> list[sqlite3.Row]:
        with translated(self._path):
            return self._db.execute(statement, values).fetchall()


def _storable(stream: Stream, row: sqlite3.Row) -> Row:
    values = [value.replace(_NUL, _INSTEAD) if isinstance(value, str) else value for value in row]
    for column in _BOOLEAN.get(stream.name, ()):
        values[column] = bool(values[column])
    return tuple(values)
