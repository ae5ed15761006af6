"""How much comes and goes at the moment, by source and by subscription, and what waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from gateway.config import Settings
from gateway.operate.rows import Row
from gateway.store import Store
from gateway.store.rates import SourceCount, SubscriptionCount
from gateway.store.records import Backlog

MOST = 20_000
"""Rows of a kind that are counted by their source or subscription at most; beyond them it is an estimate."""

AHEAD = 3_600_000
"""ms by which other nodes' clocks may be ahead of ours."""


class SourceRates(Row):
    """What came from a source within the window. `last_seen` is Unix ms, null: no event is stored."""

    source: str
    events: int
    duplicates: int
    rejections: int
    last_seen: int | None


class SubscriptionRates(Row):
    """What became of the deliveries that were made within the window, and what waits altogether."""

    subscription: str
    made: int
    succeeded: int
    failing: int = Field(description="Still pending, after an attempt that failed.")
    dead: int
    waiting: int = Field(description="Pending, whenever they were made, and not under way.")
    due: int
    oldest_due: int = Field(description="How long the oldest of those that are due waits. ms.")
    paused: bool


class Rates(Row):
    """What came and went within the last `window` ms. Where it is very much, by source it is an estimate."""

    at: int
    window: int
    events: int
    duplicates: int
    rejections: int
    deliveries: int
    sources: list[SourceRates]
    subscriptions: list[SubscriptionRates]


async def read_rates(store: Store, settings: Settings, window: int, now: int) -> Rates:
    """Count over the last `window` ms before `now` (Unix ms)."""
    since, until = await store.marks([now - window, now + AHEAD])
    made = {
        kind: getattr(until, kind) - getattr(since, kind) for kind in ("events", "duplicates", "rejections")
    }
    deliveries = until.deliveries - since.deliveries
    names = list(settings.sources)
    came = _sources(await store.rates.sources(since, MOST), names, await store.last_seen(names), made)
    paused = {pause.subscription for pause in await store.paused()}
    backlog = {each.subscription: each for each in await store.backlog(now)}
    counts = await store.rates.subscriptions(since, MOST)
    went = _subscriptions(counts, settings.subscriptions, backlog, paused, deliveries)
    return Rates.model_construct(
        at=now, window=window, **made, deliveries=deliveries, sources=came, subscriptions=went
    )


def _sources(
    counts: Sequence[SourceCount], names: Sequence[str], seen: Mapping[str, int], made: Mapping[str, int]
) -> list[SourceRates]:
    """Those of the config first, then others that something came from."""
    found = {count.source: count for count in counts}
    rows = []
    for name in dict.fromkeys([*names, *found]):
        count = found.get(name, SourceCount(name, 0, 0, 0))
        scaled: dict[str, Any] = {kind: _scaled(getattr(count, kind), total) for kind, total in made.items()}
        rows.append(SourceRates.model_construct(source=name, **scaled, last_seen=seen.get(name)))
    return rows


def _subscriptions(
    counts: Sequence[SubscriptionCount],
    names: Iterable[str],
    backlog: Mapping[str, Backlog],
    paused: set[str],
    total: int,
) -> list[SubscriptionRates]:
    found = {count.subscription: count for count in counts}
    rows = []
    for name in dict.fromkeys([*names, *found, *backlog]):
        count = found.get(name, SubscriptionCount(name, 0, 0, 0, 0))
        waits = backlog.get(name, Backlog(name, 0, 0, 0))
        scaled: dict[str, Any] = {
            kind: _scaled(getattr(count, kind), total) for kind in ("made", "succeeded", "failing", "dead")
        }
        rows.append(
            SubscriptionRates.model_construct(
                subscription=name, **scaled, waiting=waits.waiting, due=waits.due,
                oldest_due=waits.oldest if waits.due else 0, paused=name in paused,
            )
        )  # fmt: skip
    return rows


def _scaled(counted: int, total: int) -> int:
    """What MOST rows say of all of them."""
    return counted if total <= MOST else round(counted * total / MOST)
