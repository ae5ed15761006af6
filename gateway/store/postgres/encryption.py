"""The keys of a database, and its rows as they are stored, to be brought under another key."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.store.encryption import Row, Sealable
from gateway.store.postgres.pool import Pool


class PostgresEncryption:
    """The part `encryption` of a PostgresStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keys(self) -> Sequence[str]:
        found = await self._pool.read(lambda session: session.rows("encryption_keys"))
        return [row["key_id"] for row in found]

    async def use_key(self, id: str, now: int) -> None:
        async with self._pool.transaction() as session:
            await session.count("use_key", id, now)

    async def forget_keys(self, kept: Sequence[str]) -> None:
        async with self._pool.transaction() as session:
            await session.count("forget_keys", list(kept))

    async def page(self, table: Sealable, after: Row, limit: int) -> Sequence[Row]:
        found = await self._pool.read(lambda session: session.rows(f"sealed_{table.name}", *after, limit))
        return [tuple(row.values()) for row in found]

    async def rewrite(self, table: Sealable, rows: Sequence[Row]) -> None:
        async with self._pool.transaction() as session:
            for row in rows:
                await session.count(f"reseal_{table.name}", *row)
