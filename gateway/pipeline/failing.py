"""Whether a subscriber is failing, as one process sees it: well before its deliveries are dead letters."""

from __future__ import annotations

from gateway.pipeline.window import Window

WITHIN = 300.0
"""Seconds that are looked at."""

AT_LEAST = 5
"""Attempts that say something; fewer may fail without a word."""

FAILING = 0.5
"""The share of failed attempts from which on a subscriber is failing."""

WELL = 0.2
"""The share below which it is well again."""

EPISODE = 60.0
"""Seconds that an episode lasts at least, so that one that wavers is not told again and again."""


class Failing:
    """Counts attempts until they say that the subscriber is failing, or well again. Times are Unix seconds.

    Failing is who fails half of the attempts of the last five minutes, or five in a row however long that
    took: a subscriber that gets an event an hour is failing too.
    """

    def __init__(self) -> None:
        self._window = Window(WITHIN)
        self._in_a_row = 0

    def attempted(self, succeeded: bool, now: float) -> None:
        """An attempt is over."""
        self._in_a_row = 0 if succeeded else self._in_a_row + 1
        self._window.add(not succeeded, now)

    def why(self, now: float) -> str | None:
        """What says that it is failing; None: nothing does."""
        made, failed = self._window.counts(now)
        if made >= AT_LEAST and failed >= FAILING * made:
            return f"{failed} of {made} attempts failed within 5m"
        if self._in_a_row >= AT_LEAST:
            return f"{self._in_a_row} attempts failed in a row"
        return None

    def is_well(self, since: float, now: float) -> bool:
        """Whether an episode that was told at `since` is over."""
        made, failed = self._window.counts(now)
        return now - since >= EPISODE and self._in_a_row == 0 and failed < WELL * made
