"""Event names, as the newest events have them."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.store import rows
from gateway.store.event_types import NEWEST, TypeCount
from gateway.store.postgres.pool import Pool
from gateway.store.records import Stored


class PostgresEventTypes:
    """Keeps `gateway.store.event_types.EventTypes` on the connections of `pool`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def counted(self, last: int, name: str | None = None) -> Sequence[TypeCount]:
        return rows.type_counts(
            await self._pool.read(lambda session: session.rows("type_counts", last, name, NEWEST))
        )

    async def events(self, seqs: Sequence[int]) -> Sequence[Stored]:
        found = await self._pool.read(lambda session: session.rows("events_at", list(seqs)))
        return [rows.stored(row) for row in found]
