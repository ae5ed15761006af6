"""What one process has counted since its start, as plain numbers that the hot path adds to.

Measured, an accepted webhook takes 0.6 µs here, clocks included, and 4.8 µs with prometheus-client's own
counters, for their locks and the labels to look up. These become Prometheus's text when somebody asks for it.
What will be counted one day is there from the start, as 0, so that a rate sees the first one too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from gateway.telemetry import named
from gateway.telemetry.series import Histogram, Labels, Series, Value

MOST_NAMES = 500
"""Sources, and subscriptions, that are told apart; past it they are counted together as OTHER."""

MOST_REASONS = 40
"""Reasons for a rejection of one source that are told apart: an adapter of your own could invent any."""

OTHER = "other"


@dataclass(slots=True)
class SourceCounts:
    """What came of the requests of one source."""

    events: int = 0
    duplicates: int = 0
    answers: dict[int, int] = field(default_factory=lambda: {200: 0})
    rejections: dict[str, int] = field(default_factory=dict)
    ack: Histogram = field(default_factory=partial(Histogram, named.ACK.bounds))

    breaches: dict[str, int] = field(default_factory=lambda: {"warn": 0, "refuse": 0})

    def broken(self, refused: bool) -> None:
        """An event breaks its schema."""
        self.breaches["refuse" if refused else "warn"] += 1

    def answered(self, status: int, seconds: float) -> None:
        """A request got its answer, `seconds` after it was here as a whole."""
        self.answers[status] = self.answers.get(status, 0) + 1
        if status < 300:
            self.ack.observe(seconds)

    def rejected(self, reason: str) -> None:
        """A request was refused."""
        if reason not in self.rejections and len(self.rejections) >= MOST_REASONS:
            reason = OTHER
        self.rejections[reason] = self.rejections.get(reason, 0) + 1


@dataclass(slots=True)
class SubscriptionCounts:
    """What came of the attempts for one subscription."""

    outcomes: dict[str, int] = field(default_factory=lambda: {"succeeded": 0, "failed": 0})
    ended: dict[str, int] = field(default_factory=lambda: {"succeeded": 0, "dead": 0})
    attempt: Histogram = field(default_factory=partial(Histogram, named.ATTEMPT.bounds))
    delivered: Histogram = field(default_factory=partial(Histogram, named.DELIVERED.bounds))

    def attempted(self, outcome: str, seconds: float) -> None:
        """An attempt is over: one of succeeded, failed, interrupted, parked, lease_lost."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        self.attempt.observe(seconds)

    def finished(self, state: str) -> None:
        """A delivery is over: succeeded or dead."""
        self.ended[state] = self.ended.get(state, 0) + 1


class Commits:
    """What the transactions of one store came to. Only the thread that commits adds to it."""

    __slots__ = ("errors", "seconds", "writes")

    def __init__(self) -> None:
        self.writes = Histogram(named.COMMIT_WRITES.bounds)
        self.seconds = Histogram(named.COMMIT.bounds)
        self.errors = {"unavailable": 0, "fault": 0}

    def committed(self, writes: int, seconds: float) -> None:
        """A transaction of so many writes is on disk."""
        self.writes.observe(writes)
        self.seconds.observe(seconds)

    def failed(self, unavailable: bool) -> None:
        """A group of writes came to nothing."""
        self.errors["unavailable" if unavailable else "fault"] += 1

    def series(self) -> Series:
        """As metrics."""
        found: dict[tuple[str, Labels], Value] = {
            (named.COMMIT_WRITES.name, ()): self.writes,
            (named.COMMIT.name, ()): self.seconds,
        }
        return found | {(named.STORE_ERRORS.name, (error,)): n for error, n in self.errors.copy().items()}


Counted = TypeVar("Counted", SourceCounts, SubscriptionCounts)


class Counts:
    """All counts of one process but the store's. Used on its event loop only."""

    def __init__(self) -> None:
        self._sources: dict[str, SourceCounts] = {}
        self._subscriptions: dict[str, SubscriptionCounts] = {}

    def source(self, name: str) -> SourceCounts:
        """The counts of a source of the config; the empty name is for requests that name none."""
        found = self._sources.get(name)
        return found if found is not None else _new(self._sources, name, SourceCounts)

    def subscription(self, name: str) -> SubscriptionCounts:
        """The counts of a subscription."""
        found = self._subscriptions.get(name)
        return found if found is not None else _new(self._subscriptions, name, SubscriptionCounts)

    def series(self) -> Series:
        """As metrics."""
        found: dict[tuple[str, Labels], Value] = {}
        for name, source in self._sources.items():
            found |= _of_source(name, source)
        for name, subscription in self._subscriptions.items():
            found |= _of_subscription(name, subscription)
        return found


def _new(known: dict[str, Counted], name: str, kind: type[Counted]) -> Counted:
    if len(known) >= MOST_NAMES:
        name = OTHER
    return known.setdefault(name, kind())


def _of_source(name: str, counts: SourceCounts) -> Series:
    found: dict[tuple[str, Labels], Value] = {}
    if name:
        found[named.EVENTS.name, (name,)] = counts.events
        found[named.DUPLICATES.name, (name,)] = counts.duplicates
        found[named.ACK.name, (name,)] = counts.ack
        found |= {(named.BROKEN.name, (name, mode)): n for mode, n in counts.breaches.items()}
    for status, n in counts.answers.items():
        found[named.ANSWERS.name, (name, str(status))] = n
    for reason, n in counts.rejections.items():
        found[named.REJECTIONS.name, (name, reason)] = n
    return found


def _of_subscription(name: str, counts: SubscriptionCounts) -> Series:
    found: dict[tuple[str, Labels], Value] = {
        (named.ATTEMPT.name, (name,)): counts.attempt,
        (named.DELIVERED.name, (name,)): counts.delivered,
    }
    for outcome, n in counts.outcomes.items():
        found[named.ATTEMPTS.name, (name, outcome)] = n
    for state, n in counts.ended.items():
        found[named.DELIVERIES.name, (name, state)] = n
    return found
