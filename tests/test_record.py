"""Records and what is worked out of them once."""

from __future__ import annotations

import pytest

from adapters.base import Headers, PayloadError, WebhookRequest
from adapters.record import once, record


@record
class Point:
    """A record as most are."""

    x: int
    y: int = 0


@record
class Line:
    """A record that keeps something."""

    length: int

    @once
    def asked(self) -> list[int]:
        return [self.length]


def test_a_record_is_compared_and_hashed_by_its_fields() -> None:
    assert Point(1) == Point(1, 0) and len({Point(1), Point(1), Point(2)}) == 2
    assert not hasattr(Point(1), "__dict__")


def test_what_is_worked_out_once_is_kept_with_its_own_instance() -> None:
    one, other = Line(1), Line(2)
    assert one.asked is one.asked and (one.asked, other.asked) == ([1], [2])
    assert isinstance(Line.asked, once)


def test_what_could_not_be_worked_out_is_tried_again() -> None:
    request = WebhookRequest("POST", "http://x", Headers([]), b"[", 0)
    for _ in range(2):
        with pytest.raises(PayloadError):
            _ = request.json
