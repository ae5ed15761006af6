"""Names, patterns, ids and differences."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.event import (
    EARLIEST_TS,
    LATEST_TS,
    compile_patterns,
    differing_fields,
    first_id,
    made_at,
    new_id,
    sane_ts,
)

# pattern, name -> whether it matches
PATTERNS = [
    ("stripe/customer.created", "stripe/customer.created", True),  # the name itself
    ("stripe/customer.created", "stripe/customerxcreated", False),  # a dot is a dot
    ("github/*", "github/pull_request.opened", True),  # one star fills a segment
    ("github/*", "github/", True),  # also an empty one
    ("*", "github/push", False),  # but never crosses the slash
    ("*/push", "github/push", True),  # any provider
    ("stripe/customer.*", "stripe/customer.subscription.deleted", True),  # dots do not end a segment
    ("stripe/customer.*", "stripe/customers", False),  # the dot has to be there
    ("**", "github/push", True),  # two stars cross
    ("**.deleted", "stripe/customer.deleted", True),  # at the front
    ("gateway/**", "gateway/delivery.failed", True),  # at the end
    ("stripe/[ab]", "stripe/a", False),  # nothing else is special
]


@pytest.mark.parametrize(("pattern", "name", "matches"), PATTERNS)
def test_patterns(pattern: str, name: str, matches: bool) -> None:
    assert (compile_patterns([pattern]).fullmatch(name) is not None) is matches


def test_no_pattern_matches_nothing() -> None:
    assert compile_patterns([]).fullmatch("") is None


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="*"), min_size=1))
def test_a_name_without_stars_matches_itself_alone(name: str) -> None:
    assert compile_patterns([name]).fullmatch(name)
    assert not compile_patterns([name]).fullmatch(name + "x")


def test_ids_of_one_moment_keep_their_order() -> None:
    ids = [new_id(1_800_000_000_000) for _ in range(1000)]
    assert ids == sorted(set(ids))
    assert all(len(id) == 26 for id in ids)


@given(st.integers(0, LATEST_TS))
def test_an_id_tells_its_moment_and_sorts_by_it(ms: int) -> None:
    assert made_at(new_id(ms)) == made_at(first_id(ms)) == ms
    assert first_id(ms) <= new_id(ms) < first_id(ms + 1)


@pytest.mark.parametrize("other", ["evt_1", "", "01MCC5RM00000000000000000I", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ"])
def test_what_is_no_ulid_tells_no_moment(other: str) -> None:
    assert made_at(other) is None


# given -> kept, where 7 is the time of reception
TIMES = [
    (None, 7),  # the provider told none
    (EARLIEST_TS, EARLIEST_TS),  # the first sane one
    (1_700_000_000, 7),  # seconds taken for milliseconds
    (LATEST_TS + 1, 7),  # microseconds taken for milliseconds would wait for ever
]


@pytest.mark.parametrize(("given", "kept"), TIMES)
def test_a_time_of_the_wrong_unit_is_not_believed(given: int | None, kept: int) -> None:
    assert sane_ts(given, 7) == kept


# first, second -> the fields that differ
DIFFERENCES = [
    ({"a": 1}, {"a": 1}, []),  # none
    ({"a": 1}, {"a": 2}, ["a"]),  # a value
    ({"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 1}}, ["a.b"]),  # a value further in
    ({"a": 1}, {"b": 1}, ["a", "b"]),  # one went, one came
    ({"a": [1]}, {"a": [2]}, ["a"]),  # a list is one field
    ({"a": 1}, {"a": True}, ["a"]),  # 1 is not true
    ({"a": 1}, {"a": None}, ["a"]),  # nor is nothing
    ([1], [2], ["$"]),  # the whole
]


@pytest.mark.parametrize(("first", "second", "fields"), DIFFERENCES)
def test_the_fields_that_differ(first: object, second: object, fields: list[str]) -> None:
    assert differing_fields(json.dumps(first), json.dumps(second)) == fields


def test_what_is_no_json_differs_as_a_whole() -> None:
    assert differing_fields("{}", "<xml/>") == ["$"]
