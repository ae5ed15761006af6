"""Filling an empty PostgreSQL store with the rows of another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.event import made_at
from gateway.store.copying import Row, Stream
from gateway.store.postgres.columns import columns
from gateway.store.postgres.days import MOMENT, Day, add_day
from gateway.store.postgres.pool import Pool
from gateway.store.postgres.session import Session

_EVENT_ID = {"events": 1, "deliveries": 2, "verdicts": 0}
"""The column that says in which day's partition a row of a stream goes."""


class Import:
    """One database that no gateway works on yet."""

    def __init__(self, url: str) -> None:
        self._pool = Pool(url, 1)

    async def page(self, stream: Stream, after: Row, limit: int) -> Sequence[Row]:
        return await self._rows(f"copied_{stream.name}", *after, limit)

    async def beside(self, stream: Stream, first: Row, last: Row) -> Sequence[Row]:
        return await self._rows(f"copied_{stream.beside}", *first, *last)

    async def last(self, stream: Stream) -> Row | None:
        rows = await self._rows(f"last_of_{stream.name}")
        return rows[0] if rows and rows[0][0] is not None else None

    async def take(self, stream: Stream, rows: Sequence[Row], beside: Sequence[Row]) -> None:
        async with self._pool.transaction() as session:
            await _add_days(session, stream, rows)
            await session.count(f"take_{stream.name}", *columns(rows))
            if beside:
                await session.count(f"take_{stream.beside}", *columns(beside))

    async def finish(self) -> None:
        async with self._pool.transaction() as session:
            await session.rows("go_on_counting")

    async def close(self) -> None:
        """Let go of the database."""
        await self._pool.close()

    async def _rows(self, statement: str, *values: object) -> list[Row]:
        found = await self._pool.read(lambda session: session.rows(statement, *values))
        return [tuple(row.values()) for row in found]


async def _add_days(session: Session, stream: Stream, rows: Iterable[Row]) -> None:
    """Make the partitions that the rows of a page need."""
    column = _EVENT_ID.get(stream.name)
    if column is None:
        return
    moments = {row[column][:MOMENT] for row in rows}
    made = {made_at(moment.ljust(26, "0")) for moment in moments}
    for day in sorted({Day.of(ms).number for ms in made if ms is not None}):
        await add_day(session, Day(day))
