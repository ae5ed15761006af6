"""Values by metric and labels: what processes write down for each other, add up, and show."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping

import orjson

from gateway.telemetry.named import BY_NAME

Labels = tuple[str, ...]


class Histogram:
    """How many values fell into each bucket. One bisect and two additions a value: no lock, no allocation.

    `buckets` has one more than `bounds`, for what is above the last. One thread observes; others may read.
    """

    __slots__ = ("bounds", "buckets", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.buckets = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count `value`; a bound belongs to the bucket below it."""
        self.buckets[bisect_left(self.bounds, value)] += 1
        self.total += value

    def plus(self, other: Histogram) -> Histogram:
        """Both together; they have the same bounds."""
        both = Histogram(self.bounds)
        both.buckets = [a + b for a, b in zip(self.buckets, other.buckets, strict=True)]
        both.total = self.total + other.total
        return both


Value = float | Histogram
Series = Mapping[tuple[str, Labels], Value]
"""The name of a metric and the values of its labels, in their order, to what was counted."""


def added(every: Iterable[Series]) -> Series:
    """All of them together, value by value."""
    total: dict[tuple[str, Labels], Value] = {}
    for series in every:
        for key, value in series.items():
            before = total.get(key)
            total[key] = value if before is None else _plus(before, value)
    return total


def _plus(one: Value, other: Value) -> Value:
    if isinstance(one, Histogram) and isinstance(other, Histogram):
        return one.plus(other)
    assert not isinstance(one, Histogram) and not isinstance(other, Histogram)
    return one + other


def only_counted(series: Series) -> Series:
    """Without the gauges, which say nothing any more once their process is gone."""
    return {key: value for key, value in series.items() if BY_NAME[key[0]].kind != "gauge"}


def dumped(series: Series) -> bytes:
    """As bytes, for a file."""
    return orjson.dumps([[name, labels, _plain(value)] for (name, labels), value in series.items()])


def _plain(value: Value) -> object:
    return [value.buckets, value.total] if isinstance(value, Histogram) else value


def loaded(written: bytes) -> Series:
    """What `dumped` made. Raises ValueError for anything else, another version's metrics included."""
    try:
        return {(name, tuple(labels)): _whole(name, value) for name, labels, value in orjson.loads(written)}
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("not what a process of this version counted") from error


def _whole(name: str, plain: object) -> Value:
    if isinstance(plain, int | float):
        return plain
    made = Histogram(BY_NAME[name].bounds)
    match plain:
        case [list(buckets), float(total)] if len(buckets) == len(made.buckets):
            made.buckets, made.total = buckets, total
            return made
    raise TypeError("other bounds")
