"""The circuit breaker of one subscription, as one process sees it. No I/O, and the clock is an argument.

Each process counts the attempts that it makes itself; that the breaker is open, they all know from the store.
What was under way when it opened counts no more, whichever way it ends: only the probe does.
"""

from __future__ import annotations

from typing import Literal

from gateway.config.breaker import Breaker as Rule
from gateway.config.units import format_duration
from gateway.pipeline.window import Window

Change = Literal["open", "close", "wait"]


class Breaker:
    """Closed, until told otherwise by `follow`. `probe` is the delivery that this process tries."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.is_open = False
        self.probe: str | None = None
        self._window = Window(rule.within)

    def attempted(self, delivery_id: str, succeeded: bool, now: float) -> Change | None:
        """What an attempt that ended `now` (Unix seconds) asks for; None: nothing.

        "close" and "wait" follow a probe; they are not asked for again.
        """
        if delivery_id == self.probe:
            self.probe = None
            return "close" if succeeded else "wait"
        if self.is_open:
            return None
        self._window.add(not succeeded, now)
        return "open" if self._is_over(now) else None

    def follow(self, is_open: bool) -> None:
        """Take what the store says. One that opens or closes forgets what it has counted."""
        if is_open != self.is_open:
            self.is_open = is_open
            self._window.clear()
        if not is_open:
            self.probe = None

    def told(self, now: float) -> str:
        """Why it opens, for people."""
        made, failed = self._window.counts(now)
        within = format_duration(self.rule.within)
        return f"circuit breaker: {failed} of {made} attempts failed within {within}"

    def _is_over(self, now: float) -> bool:
        made, failed = self._window.counts(now)
        return made >= self.rule.of and failed >= self.rule.failures * made
