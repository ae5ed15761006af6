"""How much came and went of late, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.store.marks import Mark
from gateway.store.postgres.pool import Pool
from gateway.store.rates import SourceCount, SubscriptionCount


class Rates:
    """Keeps the contract of `gateway.store.rates.Rates`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def sources(self, mark: Mark, limit: int) -> Sequence[SourceCount]:
        asked = (mark.events, mark.duplicates, mark.rejections, limit)
        found = await self._pool.read(lambda session: session.rows("source_rates", *asked))
        return [SourceCount(*row) for row in found]

    async def subscriptions(self, mark: Mark, limit: int) -> Sequence[SubscriptionCount]:
        asked = (mark.deliveries, limit)
        found = await self._pool.read(lambda session: session.rows("subscription_rates", *asked))
        return [SubscriptionCount(*row) for row in found]
