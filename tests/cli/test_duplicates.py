"""`gateway duplicates`."""

from __future__ import annotations

import time

import pytest

from gateway.cli.copies import value_at
from gateway.pipeline.route import Router
from gateway.pipeline.system import duplicate_differs
from gateway.store.records import Outcome
from tests.cli.conftest import HOUR, NOW, SECOND, Home, event


def _three_copies(home: Home) -> list[Outcome]:
    return home.accept(
        event(data='{"a":1,"b":{"c":"x"}}'),
        event(at=NOW + 7, data='{"a":1,"b":{"c":"x"}}'),
        event(at=NOW + HOUR, data='{"a":1,"b":{"c":"y"},"d":4}'),
        event("evt_2", at=NOW),
        event("evt_2", at=NOW + SECOND),
    )


def test_a_duplicate_as_json(home: Home) -> None:
    first, _, changed, *_ = _three_copies(home)
    assert changed.duplicate is not None
    assert home.lines("duplicates")[1] == {
        "duplicate_id": changed.duplicate.duplicate_id,
        "event_id": first.event_id,
        "id": "evt_1",
        "name": "stripe/customer.created",
        "source": "stripe",
        "received_at": NOW + HOUR,
        "gap": HOUR,
        "same_body": False,
        "fields": ["b.c", "d"],
        "reason": "event id",
        "secret": 0,
        "remote_addr": "192.0.2.1",
        "headers": [["user-agent", "test"]],
    }


def test_each_first_event_is_one_line(home: Home) -> None:
    first, *_ = _three_copies(home)
    lines = home.gateway("duplicates").stdout.splitlines()
    assert len(lines) == 3
    row = lines[2].split()
    assert row[:5] == [first.event_id, "evt_1", "stripe/customer.created", "stripe", "2"]
    assert "(+7ms)" in row and "(+1h)" in row
    assert lines[1].endswith("same     event id")
    assert lines[2].endswith("differs  event id")


def test_the_limit_of_the_table_counts_first_events(home: Home) -> None:
    _three_copies(home)
    result = home.gateway("duplicates", "--limit", "1")
    assert len(result.stdout.splitlines()) == 2
    assert "only the first 1 first events are shown" in result.stderr


def test_duplicates_are_chosen(home: Home) -> None:
    _three_copies(home)
    home.accept(*[event("x", source="billing", name="github/push")] * 2)
    assert [line["id"] for line in home.lines("duplicates", "--source", "billing")] == ["x"]
    assert [line["id"] for line in home.lines("duplicates", "--name", "github/*")] == ["x"]
    assert len(home.lines("duplicates", "--since", "2025-06-01T08:00:01Z")) == 2


@pytest.mark.parametrize("which", ["event_id", "id", "duplicate_id"])
def test_the_copies_of_one_event_are_found_by_any_id(home: Home, which: str) -> None:
    _three_copies(home)
    id = next(line[which] for line in home.lines("duplicates") if line["id"] == "evt_1")
    assert [line["gap"] for line in home.lines("duplicates", id)] == [7, HOUR]


def test_the_differing_fields_have_the_values_of_both(home: Home) -> None:
    _, _, changed, *_ = _three_copies(home)
    assert changed.duplicate is not None
    lines = home.gateway("duplicates", "evt_1").stdout.splitlines()
    heading = f"{changed.duplicate.duplicate_id} differs from the first event in these fields"
    at = lines.index(heading)
    assert lines[at + 1 :] == ['  b.c   first: "x"   copy: "y"', "  d   first: absent   copy: 4"]


def test_the_event_that_tells_of_a_difference_does_not_hide_it(home: Home) -> None:
    _, _, changed, *_ = _three_copies(home)
    assert changed.duplicate is not None
    home.accept(duplicate_differs(changed.duplicate, Router({}), NOW))
    assert len(home.lines("duplicates", changed.duplicate.duplicate_id)) == 2


def test_a_twin_is_found_by_its_own_id(home: Home) -> None:
    home.accept(event("evt_snapshot"), event("evt_thin", key="evt_snapshot", data="{}"))
    [line] = home.lines("duplicates", "evt_thin")
    assert (line["reason"], line["same_body"]) == ("twin", False)


def test_copies_are_shown_though_their_event_was_purged(home: Home) -> None:
    now = round(time.time() * 1000)
    [first] = home.accept(event(at=now - SECOND))
    home.gateway("purge", "--older-than", "0s")
    home.accept(event(at=now, data="{}"))
    shown = home.gateway("duplicates", "evt_1").stdout
    assert f"evt_1 (event {first.event_id}, purged meanwhile)" in shown
    assert "fields that are not known: the first event was purged before" in shown


def test_an_event_that_came_once(home: Home) -> None:
    home.accept(event())
    result = home.gateway("duplicates", "evt_1")
    once = "the event 'evt_1' came once: it has no duplicates; see it with: gateway event evt_1\n"
    assert (result.exit_code, result.stderr) == (1, once)


def test_an_id_that_is_not_there(home: Home) -> None:
    result = home.gateway("duplicates", "evt_9")
    message = "there is no event or duplicate 'evt_9'; list them with: gateway duplicates\n"
    assert (result.exit_code, result.stderr) == (1, message)


# path -> the JSON text of the field
VALUES = [
    ("a", "1"),
    ("b.c", '"x"'),
    ("b", '{"c":"x"}'),
    ("d.e", "true"),  # the key itself holds a dot
    ("f.g.h", "null"),  # so does the inner one
    ("b.z", "absent"),
    ("a.z", "absent"),
    ("$", '{"a":1,"b":{"c":"x"},"d.e":true,"f":{"g.h":null}}'),
]


@pytest.mark.parametrize(("path", "text"), VALUES)
def test_the_value_at_a_path(path: str, text: str) -> None:
    document = {"a": 1, "b": {"c": "x"}, "d.e": True, "f": {"g.h": None}}
    assert value_at(document, path) == text
