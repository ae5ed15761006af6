"""The audit log in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

from gateway.store.audit import Entry, Which
from gateway.store.postgres.pool import Pool


class Audit:
    """Keeps the contract of `gateway.store.audit.Audit`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def note(self, entry: Entry) -> None:
        # What somebody typed may hold a NUL, which PostgreSQL can't store in text.
        values = [
            value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value
            for value in astuple(entry)[:-1]
        ]
        async with self._pool.transaction() as session:
            await session.count("note", *values)

    async def entries(self, which: Which) -> Sequence[Entry]:
        found = await self._pool.read(lambda session: session.rows("entries", *astuple(which)))
        return [Entry(*row) for row in found]

    async def purge(self, before: int, limit: int = 500) -> int:
        async with self._pool.transaction() as session:
            return await session.count("purge_audit", before, limit)
