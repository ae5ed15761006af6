"""Bar charts as numbers: the templates draw them as SVG, without a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480, 72
"""The size of a chart in its own units."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One span of time: where its bar stands, and what it counts. `start` is Unix ms."""

    x: float
    y: float
    width: float
    height: float
    start: int
    value: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A row of bars with a title; `href` leads to what it counts."""

    title: str
    href: str
    bars: Sequence[Bar]
    tone: str = "plain"

    @property
    def total(self) -> int:
        """All that it counts."""
        return sum(bar.value for bar in self.bars)

    @property
    def highest(self) -> int:
        """The value of the tallest bar."""
        return max((bar.value for bar in self.bars), default=0)


def bars(values: Sequence[int], since: int, width: int) -> list[Bar]:
    """A bar for each value, which counts `width` ms, the first from `since` (Unix ms) on.

    Something is never as low as nothing.
    """
    highest = max(values, default=0) or 1
    step = WIDTH / max(1, len(values))
    made = []
    for place, value in enumerate(values):
        height = max(2.0, round(value / highest * HEIGHT, 1)) if value else 0.0
        start = since + place * width
        made.append(Bar(round(place * step, 2), HEIGHT - height, round(step * 0.8, 2), height, start, value))
    return made
