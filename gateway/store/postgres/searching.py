"""Looking into the data of events."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.event import compile_patterns, first_id
from gateway.store import rows
from gateway.store.postgres.pool import Pool
from gateway.store.records import Query, Stored
from gateway.store.searching import MOST


class PostgresSearching:
    """Keeps the contract of `gateway.store.searching.Searching`."""

    most = MOST

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def holding(self, text: str, query: Query) -> Sequence[Stored]:
        since = None if query.since is None else first_id(query.since)
        name = None if query.name is None else f"^(?:{compile_patterns([query.name]).pattern})$"
        asked = (query.before, query.after, query.source, name, since, text, query.limit)
        found = await self._pool.read(lambda session: session.rows("holding", *asked))
        return list(map(rows.stored, found))
