"""Attempts of late: how many there were and how many failed, at the same cost however many."""

from __future__ import annotations

from collections import deque

SPANS = 10
"""Parts that a window is counted in; the oldest leaves it as a whole."""


class Window:
    """Counts what happened in the last `within` seconds. Times are Unix seconds."""

    def __init__(self, within: float) -> None:
        self._within = within
        self._spans: deque[tuple[float, int, int]] = deque()

    def add(self, failed: bool, now: float) -> None:
        """An attempt is over."""
        began, made, failures = now, 0, 0
        if self._spans and now - self._spans[-1][0] < self._within / SPANS:
            began, made, failures = self._spans.pop()
        self._spans.append((began, made + 1, failures + failed))

    def counts(self, now: float) -> tuple[int, int]:
        """How many attempts there were, and how many of them failed."""
        while self._spans and now - self._spans[0][0] >= self._within:
            self._spans.popleft()
        return sum(span[1] for span in self._spans), sum(span[2] for span in self._spans)

    def clear(self) -> None:
        """Begin anew."""
        self._spans.clear()
