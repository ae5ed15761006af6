"""The terms on which a subscription takes an event, worked out before it is stored. All times are ms."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Once:
    """Of the events of a `key` only the first within `window` is delivered; `repeated` tells of others."""

    key: str
    window: int
    repeated: Verdict


@dataclass(frozen=True, slots=True)
class Debounce:
    """The latest event of a `key` is delivered once none came for `period`, or `timeout` after the first."""

    key: str
    period: int
    timeout: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Up to `size` events of a `key`, `max_body` bytes together, go in one call `timeout` after the first."""

    key: str
    size: int
    timeout: int
    max_body: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What one subscription asks of one event, beside to be delivered.

    By `priority` (ms) its delivery goes before others that are due, or behind them where it is negative.
    """

    once: Once | None = None
    gathers: Debounce | Batch | None = None
    priority: int = 0
