"""How long the attempts and deliveries of a subscription take: the time that most of them stay within."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from gateway.operate.rows import Row
from gateway.store import Store

LATEST = 2000
"""Deliveries of all subscriptions that are looked at."""


class Within(Row):
    """The ms that half, 95 and 99 of 100 stayed within, of `count`; null where there is none."""

    count: int
    p50: int | None
    p95: int | None
    p99: int | None

    @staticmethod
    def of(times: Sequence[int]) -> Within:
        """The percentiles of times in no order: the time that at least so many of 100 stayed within."""
        ranked = sorted(times)
        return Within(count=len(ranked), p50=_at(ranked, 50), p95=_at(ranked, 95), p99=_at(ranked, 99))


class LatencyRow(Row):
    """How long things took for a subscription, of the newest 2,000 deliveries of all of them."""

    attempts: Within = Field(description="Each request and its answer.")
    deliveries: Within = Field(description="From reception to success, retries included, replays left out.")


def _at(ranked: Sequence[int], percent: int) -> int | None:
    return ranked[(len(ranked) * percent + 99) // 100 - 1] if ranked else None


NONE = LatencyRow(attempts=Within.of(()), deliveries=Within.of(()))


async def latencies(store: Store) -> Mapping[str, LatencyRow]:
    """By subscription; those without a delivery among the newest are left out."""
    return {
        one.subscription: LatencyRow(attempts=Within.of(one.attempts), deliveries=Within.of(one.deliveries))
        for one in await store.rates.times(LATEST)
    }
