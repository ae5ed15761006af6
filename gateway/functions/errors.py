"""What a function raises to say what comes next, and what ends its attempt without being a failure."""

from __future__ import annotations

from datetime import timedelta


class RetryAfter(Exception):
    """The attempt failed, and the next one is to come after this time, whatever the schedule says.

    It uses up a retry like any other failure: where none is left, the delivery is a dead letter.
    """

    def __init__(self, wait: float | timedelta, message: str = "") -> None:
        """`wait` is seconds, or a timedelta; from 0 to a year. Raises ValueError where it is neither."""
        seconds = wait.total_seconds() if isinstance(wait, timedelta) else wait
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise ValueError(f"RetryAfter takes seconds or a timedelta, not {wait!r}")
        if not 0 <= seconds <= LONGEST:
            raise ValueError(f"RetryAfter takes 0 seconds to 366 days, not {wait!r}")
        super().__init__(message or f"again in {seconds:g} s")
        self.seconds = float(seconds)


class NonRetriable(Exception):
    """No further attempt can help: the delivery is a dead letter at once."""


class Ended(BaseException):
    """What ends an attempt from within, without being its failure.

    A BaseException, so that a function's own `except Exception` does not keep it.
    """


class Parked(Ended):
    """The run waits, in the store alone, until a time (Unix ms), or for an event where that is None."""

    def __init__(self, until: int | None) -> None:
        super().__init__(until)


class Abandoned(Ended):
    """The run is no longer this attempt's: it was cancelled, another worker has it, or its time is over."""


LONGEST = 366 * 86_400
"""Seconds that a function may ask to wait at most."""
