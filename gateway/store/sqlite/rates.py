"""How much came and went of late, in SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from gateway.store.marks import Mark
from gateway.store.rates import SourceCount, SubscriptionCount
from gateway.store.sqlite.connection import Read
from gateway.store.statements import load

SQL = load("gateway.store.sqlite", "rates.sql")


class Rates:
    """Keeps the contract of `gateway.store.rates.Rates`."""

    def __init__(self, read: Read) -> None:
        self._read = read

    async def sources(self, mark: Mark, limit: int) -> Sequence[SourceCount]:
        asked = asdict(mark) | {"limit": limit}
        return await self._read(lambda db: [SourceCount(*row) for row in db.execute(SQL["sources"], asked)])

    async def subscriptions(self, mark: Mark, limit: int) -> Sequence[SubscriptionCount]:
        asked = {"deliveries": mark.deliveries, "limit": limit}
        return await self._read(
            lambda db: [SubscriptionCount(*row) for row in db.execute(SQL["subscriptions"], asked)]
        )
