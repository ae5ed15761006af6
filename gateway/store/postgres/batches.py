"""Batches: what goes with the delivery that leads one."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.store.batches import Batch
from gateway.store.postgres.claims import whole
from gateway.store.postgres.columns import columns
from gateway.store.postgres.pool import Pool
from gateway.store.postgres.session import Session
from gateway.store.records import Settlement


class PostgresBatches:
    """The batches of one database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of(self, delivery_id: str) -> Batch:
        return await self._pool.read(lambda session: _of(session, delivery_id))


async def _of(session: Session, delivery_id: str) -> Batch:
    batch_id = await session.value("batch_of", delivery_id)
    if batch_id is None:
        return Batch(None)
    others = await whole(session, await session.rows("others_of_batch", batch_id, delivery_id))
    return Batch(batch_id, others)


async def settle_others(session: Session, led: Sequence[Settlement]) -> set[str]:
    """Write what becomes of those that another leads. Returns the deliveries that had not ended meanwhile."""
    if not led:
        return set()
    rows = [
        (s.attempt.delivery_id, s.attempt.number, s.state, s.due_at, s.retries, s.now, s.attempt.status,
         s.attempt.error)
        for s in led
    ]  # fmt: skip
    return {row["delivery_id"] for row in await session.rows("settle_others", *columns(rows))}
