"""The signed time of a request, its age, and the time of an event."""

import pytest

from adapters.base import StaleTimestamp, VerificationError
from adapters.times import check_age, event_time, signed_time

NOW = 1_800_000_000

SIGNED_TIMES = [
    # text, unit, seconds (None: refused)
    ("0", "s", 0),
    ("1800000000", "s", NOW),
    ("1800000000123", "ms", NOW + 0.123),
    ("999999999999999", "s", 999_999_999_999_999),
    ("9999999999999999", "s", None),  # 16 digits
    ("", "s", None),
    ("-1", "s", None),
    ("+1", "s", None),
    ("1.0", "s", None),
    ("1_0", "s", None),
    (" 1", "s", None),
    ("nan", "s", None),
    ("inf", "ms", None),
    ("²", "s", None),  # a digit, but not a number
    ("٣", "s", None),
    ("2027-01-15T08:00:00Z", "iso", NOW),
    ("2027-01-15T09:00:00+01:00", "iso", NOW),
    ("1800000000", "iso", None),
    ("soon", "iso", None),
]


@pytest.mark.parametrize(("text", "unit", "seconds"), SIGNED_TIMES)
def test_a_signed_time(text, unit, seconds):
    if seconds is None:
        with pytest.raises(VerificationError):
            signed_time(text, unit)
    else:
        assert signed_time(text, unit) == pytest.approx(seconds)


@pytest.mark.parametrize("off", [-300, -299.5, 0, 299.5, 300])
def test_an_age_within_the_tolerance(off):
    check_age(NOW + off, NOW, 300)
    check_age(NOW + off * 1000, NOW, None)  # where age does not count


@pytest.mark.parametrize(
    ("off", "words"), [(-301, "301 s old"), (301, "301 s in the future"), (1e15, "future")]
)
def test_an_age_outside_the_tolerance(off, words):
    with pytest.raises(StaleTimestamp, match=words):
        check_age(NOW + off, NOW, 300)


EVENT_TIMES = [
    # value, Unix ms
    (NOW, NOW * 1000),
    (NOW + 0.25, NOW * 1000 + 250),
    (str(NOW), NOW * 1000),
    (NOW * 1000, NOW * 1000),  # milliseconds, by their size
    (NOW * 1_000_000, NOW * 1000),  # microseconds
    ("2027-01-15T08:00:00.5Z", NOW * 1000 + 500),
    ("2027-01-15 08:00:00 UTC", NOW * 1000),  # GitLab's other format
    ("2027-01-15T08:00:00", NOW * 1000),  # without an offset: UTC
    ("soon", None),
    ("", None),
    ("9" * 5000, None),
    (-1, None),
    (1e300, None),
    (float("nan"), None),
    (True, None),
    (None, None),
    ([NOW], None),
]


@pytest.mark.parametrize(("value", "ms"), EVENT_TIMES)
def test_an_event_time(value, ms):
    assert event_time(value) == ms
