"""When a delivery is tried again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pipeline.retry import (
    MAX_RETRY_AFTER,
    Dead,
    Decision,
    RetryAt,
    Succeeded,
    decide,
    parse_retry_after,
)

NOW = 1_800_000_000.0
SCHEDULE = (5.0, 60.0)

# status, retry_after, retries so far -> decision
DECISIONS = [
    (200, None, 0, Succeeded()),  # done
    (299, None, 2, Succeeded()),  # any 2xx, also at the last attempt
    (302, None, 0, RetryAt(NOW + 5)),  # a redirect is a failure
    (404, None, 0, RetryAt(NOW + 5)),  # so is a missing page: a deployment may be under way
    (410, None, 0, Dead(pause=True)),  # wants nothing any more
    (500, None, 0, RetryAt(NOW + 5)),  # the first wait
    (500, None, 1, RetryAt(NOW + 60)),  # the second
    (500, None, 2, Dead()),  # the schedule is used up
    (None, None, 0, RetryAt(NOW + 5)),  # no answer at all
    (None, None, 2, Dead()),  # and none at the end
    (503, 30.0, 0, RetryAt(NOW + 30)),  # asked to wait longer
    (503, 1.0, 0, RetryAt(NOW + 5)),  # never sooner than the schedule
    (503, 1e9, 0, RetryAt(NOW + MAX_RETRY_AFTER)),  # nor later than a day
    (503, 30.0, 2, Dead()),  # asking does not lengthen the schedule
]


@pytest.mark.parametrize(("status", "retry_after", "retries", "decision"), DECISIONS)
def test_decisions(status: int | None, retry_after: float | None, retries: int, decision: Decision) -> None:
    assert (
        decide(status is not None and status < 300, status, retry_after, retries, SCHEDULE, 0.0, NOW, 0.5)
        == decision
    )


@given(st.floats(0, 0.999999), st.floats(0, 1), st.lists(st.floats(0, 1e6), min_size=1), st.integers(0, 20))
def test_a_wait_stays_within_its_jitter(
    chance: float, jitter: float, schedule: list[float], retries: int
) -> None:
    decision = decide(False, 500, None, retries, schedule, jitter, 0.0, chance)
    if retries >= len(schedule):
        assert decision == Dead()
    else:
        assert isinstance(decision, RetryAt)
        planned = schedule[retries]
        assert planned * (1 - jitter) - 1e-6 <= decision.at <= planned * (1 + jitter) + 1e-6


# header -> seconds
HEADERS = [
    (None, None),  # not sent
    ("120", 120.0),  # seconds
    (" 7 ", 7.0),  # spaces around
    ("0", 0.0),  # at once
    ("Fri, 15 Jan 2027 08:00:30 GMT", 30.0),  # a date
    ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),  # a date gone by
    ("soon", None),  # neither
    ("-5", None),  # negative
    ("1.5", None),  # not whole
    ("٣", None),  # digits, but not these
    ("", None),  # empty
    ("9" * 400, 999999999.0),  # absurd, but a number
]


@pytest.mark.parametrize(("header", "seconds"), HEADERS)
def test_retry_after_headers(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header, NOW) == seconds


@given(st.text())
def test_no_retry_after_header_is_an_exception(header: str) -> None:
    seconds = parse_retry_after(header, NOW)
    assert seconds is None or seconds >= 0
