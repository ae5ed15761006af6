"""What an event has to be: each rule with what keeps it and what breaks it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.event import EARLIEST_TS, LATEST_TS
from gateway.event_rules import problems

NAME = {"name": "order/invoice.paid"}

SOUND: list[dict[str, Any]] = [
    NAME,
    {"name": "x"},  # the convention is advice
    {"name": "a" * 256},  # the longest
    {"name": "inngestion/run.done"},  # only begins like a reserved word
    {"name": "order/gateway/x.done"},  # does not begin with it
    NAME | {"id": "ö" * 512, "v": "2026-01-01", "data": {}, "user": {}, "meta": {}},
    NAME | {"id": "", "v": "", "data": None, "user": None, "meta": None, "ts": None},  # left out
    NAME | {"ts": 0},  # the packages' none
    NAME | {"ts": EARLIEST_TS},
    NAME | {"ts": LATEST_TS},
]


@pytest.mark.parametrize("event", SOUND)
def test_a_sound_event_has_no_problem(event: dict[str, Any]) -> None:
    assert list(problems(0, event)) == []


# the event -> field, part of the reason
BAD: list[tuple[Any, str, str]] = [
    ([], "", "must be an object, not an array"),
    (None, "", "must be an object, not null"),
    ({}, "name", "is missing"),
    ({"name": ""}, "name", "is missing"),
    ({"name": 7}, "name", "must be text, not 7"),
    ({"name": "a" * 257}, "name", "1 to 256 printable"),
    ({"name": "order/invoice paid"}, "name", "without spaces"),
    ({"name": "order/\u00e9"}, "name", "ASCII"),
    ({"name": "order/a\nb"}, "name", "printable"),
    ({"name": "gateway/delivery.failed"}, "name", "begins as system events do"),
    ({"name": "Gateway/x"}, "name", "begins as system events do"),  # in whatever case
    ({"name": "inngest/function.failed"}, "name", "begins as system events do"),
    ({"name": "INNGEST/x"}, "name", "begins as system events do"),
    (NAME | {"data": []}, "data", "must be an object, not an array"),
    (NAME | {"data": "x"}, "data", "must be an object, not text"),
    (NAME | {"data": False}, "data", "must be an object, not false"),
    (NAME | {"ts": 1_748_764_800}, "ts", "looks like seconds; write 1748764800000"),
    (NAME | {"ts": EARLIEST_TS - 1}, "ts", "between 1980 and 2100"),
    (NAME | {"ts": LATEST_TS + 1}, "ts", "between 1980 and 2100"),
    (NAME | {"ts": -1}, "ts", "between 1980 and 2100"),
    (NAME | {"ts": 10**30}, "ts", "between 1980 and 2100"),
    (NAME | {"ts": 1.7e12}, "ts", "must be a whole number"),
    (NAME | {"ts": "1700000000000"}, "ts", "must be a whole number"),
    (NAME | {"ts": True}, "ts", "must be a whole number"),
    (NAME | {"ts": False}, "ts", "must be a whole number"),  # equals 0, and is none
    (NAME | {"v": 2}, "v", "must be text, not 2"),
    (NAME | {"v": "a\x00"}, "v", "printable"),
    (NAME | {"id": 7}, "id", "must be text, not 7"),
    (NAME | {"id": "a" * 513}, "id", "at most 512"),
    (NAME | {"id": "a\x00b"}, "id", "printable"),  # PostgreSQL stores no NUL
    (NAME | {"user": []}, "user", "must be an object"),
    (NAME | {"meta": "x"}, "meta", "must be an object"),
    (NAME | {"dta": {}}, "dta", "did you mean 'data'?"),
    (NAME | {"a\x00\n": 1}, "'a\\x00\\n'", "is no field"),  # neither into the log nor into PostgreSQL
    (NAME | {"customer": {}}, "customer", "put what is your own into data"),
]


@pytest.mark.parametrize(("event", "field", "reason"), BAD)
def test_a_bad_event_is_told_by_field_and_reason(event: Any, field: str, reason: str) -> None:
    [problem] = problems(3, event)
    assert (problem.index, problem.field) == (3, field)
    assert reason in problem.reason


def test_every_problem_of_an_event_is_told() -> None:
    assert [each.field for each in problems(0, {"data": 1, "ts": "", "x": 1})] == ["x", "name", "data", "ts"]
