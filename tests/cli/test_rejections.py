"""`gateway rejections`."""

from __future__ import annotations

import pytest

from tests.cli.conftest import NOW, SECOND, Home, rejection


@pytest.fixture
def refused(home: Home) -> Home:
    """A store with three rejections, one of them in quarantine."""
    for each in (
        rejection(),
        rejection(NOW + SECOND, reason="stale_timestamp", body=b"{}"),
        rejection(NOW + 2 * SECOND, source="billing"),
    ):
        home.do(lambda store, each=each: store.reject(each))  # type: ignore[misc]
    return home


def test_a_rejection_as_json(refused: Home) -> None:
    line = refused.lines("rejections")[1]
    assert line.pop("rejection_id")
    assert line == {
        "source": "stripe",
        "reason": "stale_timestamp",
        "detail": "no secret matches",
        "received_at": NOW + SECOND,
        "remote_addr": "192.0.2.7",
        "method": "POST",
        "url": "http://127.0.0.1:8080/webhooks/stripe",
        "headers": [["user-agent", "test"]],
        "body_size": 2,
        "body_sha256": "ab",
        "quarantined": True,
        "released_at": None,
    }


def test_rejections_are_chosen(refused: Home) -> None:
    assert [line["source"] for line in refused.lines("rejections", "--source", "billing")] == ["billing"]
    assert len(refused.lines("rejections", "--since", "2025-06-01T08:00:01Z")) == 2
    assert len(refused.lines("rejections", "--limit", "1")) == 1


def test_rejections_for_people(refused: Home) -> None:
    header, *rows = refused.gateway("rejections").stdout.splitlines()
    assert header.startswith("REJECTION ID")
    assert [row.split()[1:3] for row in rows] == [
        ["billing", "bad_signature"],
        ["stripe", "stale_timestamp"],
        ["stripe", "bad_signature"],
    ]


def test_rejections_are_counted_by_reason(refused: Home) -> None:
    refused.do(lambda store: store.reject(rejection(NOW + 5 * SECOND)))
    counts = refused.lines("rejections", "--counts", "--source", "stripe")
    assert counts == [
        {
            "source": "stripe",
            "reason": "bad_signature",
            "count": 2,
            "first_at": NOW,
            "last_at": NOW + 5 * SECOND,
        },
        {
            "source": "stripe",
            "reason": "stale_timestamp",
            "count": 1,
            "first_at": NOW + SECOND,
            "last_at": NOW + SECOND,
        },
    ]


def test_no_counts_is_nothing_matched(home: Home) -> None:
    result = home.gateway("rejections", "--counts")
    assert (result.exit_code, result.stderr) == (0, f"no rejections match in {home.database}\n")
