"""Event names, by the index of them."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.event import first_id
from gateway.store import rows
from gateway.store.event_types import LOOKED_AT, TypeCount
from gateway.store.postgres.pool import Pool
from gateway.store.postgres.session import Session
from gateway.store.records import Stored

DAY, HOUR = 86_400_000, 3_600_000


class PostgresEventTypes:
    """Keeps `gateway.store.event_types.EventTypes` on the connections of `pool`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def counted(self, now: int, name: str | None = None) -> Sequence[TypeCount]:
        return await self._pool.read(lambda session: _counted(session, now, name))

    async def newest(self, name: str, limit: int) -> Sequence[Stored]:
        found = await self._pool.read(lambda session: session.rows("newest_of_type", name, limit))
        return [rows.stored(row) for row in found]


async def _counted(session: Session, now: int, name: str | None) -> list[TypeCount]:
    found = await session.rows("type_counts", name, first_id(now - HOUR), first_id(now - DAY))
    return [rows.type_count(row, await session.rows("type_facts", row["name"], LOOKED_AT)) for row in found]
