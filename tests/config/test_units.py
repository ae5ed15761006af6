"""Durations and sizes, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import format_duration, parse_duration

ROWS = [
    ("500ms", 0.5),
    ("5s", 5),
    ("1m", 60),
    ("24h", 86_400),
    ("30d", 2_592_000),
    ("1h30m", 5400),
    ("1d2h3m4s5ms", 93_784.005),
    # a fraction of a unit
    ("1.5h", 5400),
    # 0.1 s is exactly 0.1
    ("0.1s", 0.1),
    ("0s", 0),
]


@pytest.mark.parametrize(("text", "seconds"), ROWS)
def test_a_duration_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", " 5s", "5 s", "5S", "5sec", "-5s", "5s1h", "5s5s", "1e3s", "٥s", "s", "5s\n"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="must be a duration such as 500ms, 5s, 1m, 24h, 30d or 1h30m"):
        parse_duration(text)


@pytest.mark.parametrize("value", [None, True, [5], {"s": 5}])
def test_what_is_no_text(value: object) -> None:
    with pytest.raises(ValueError, match="must be a duration"):
        parse_duration(value)


@given(milliseconds=st.integers(0, 36_500 * 86_400_000))
def test_what_is_written_reads_back(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds / 1000)) == milliseconds / 1000


@given(text=st.text(alphabet="0123456789.dhms ", max_size=40))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    try:
        seconds = parse_duration(text)
    except ValueError:
        return
    assert 0 <= seconds <= 36_500 * 86_400
