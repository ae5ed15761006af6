"""What came, went and failed over a stretch of time, counted in spans of equal width."""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field

from gateway.operate.rows import Row
from gateway.store import Store


class SpanRow(Row):
    """What is stored of one span of time: what was made in it, and the deliveries that died in it."""

    at: int = Field(description="When it begins.")
    events: int
    duplicates: int
    rejections: int
    deliveries: int
    dead: int


class History(Row):
    """Spans of `width` ms, the oldest first; the last one is not over yet."""

    width: int
    items: list[SpanRow]


async def read_history(store: Store, length: int, spans: int, now: int) -> History:
    """The last `length` ms before `now` (Unix ms) in so many spans, each at a multiple of its width."""
    width = max(1, length // spans)
    since = (now // width + 1) * width - width * spans
    times = [since + place * width for place in range(spans + 1)]
    dead = await store.dead_letters(since, width)
    pairs = enumerate(pairwise(await store.marks(times)))
    items = [
        SpanRow.model_construct(
            at=times[place],
            events=max(0, late.events - early.events),
            duplicates=max(0, late.duplicates - early.duplicates),
            rejections=max(0, late.rejections - early.rejections),
            deliveries=max(0, late.deliveries - early.deliveries),
            dead=dead.get(place, 0),
        )
        for place, (early, late) in pairs
    ]
    return History.model_construct(width=width, items=items)
