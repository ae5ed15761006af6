"""The parts of a document are its own text, whatever is in it."""

from __future__ import annotations

import json
import random

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.slices import objects

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def spaced(text: str, seed: int) -> str:
    """`text` with space between its tokens, where JSON allows it."""
    maker = random.Random(seed)
    return json.dumps(json.loads(text), indent=maker.choice([None, 0, 3]), ensure_ascii=bool(seed % 2))


@given(st.lists(st.dictionaries(st.text(), VALUES, max_size=4), max_size=4), st.integers(0, 5))
def test_each_part_reads_as_it_does_within_the_whole(events: list[dict[str, object]], seed: int) -> None:
    text = f" \n{spaced(json.dumps(events), seed)}\t"
    parts = [{name: json.loads(part) for name, part in each.items()} for each in objects(text)]
    assert parts == events
    assert all(part in text for each in objects(text) for part in each.values())


def test_a_part_is_kept_to_the_letter() -> None:
    text = '{"a\\u0062" : {"n" :1.10, "big":12345678901234567890123} , "c":[ 1 ]}'
    assert objects(text) == [{"ab": '{"n" :1.10, "big":12345678901234567890123}', "c": "[ 1 ]"}]


def test_of_two_members_with_one_name_the_last_counts() -> None:
    text = '{"a": {"b": 1}, "a": {"b": 2}}'
    assert orjson.loads(objects(text)[0]["a"]) == orjson.loads(text)["a"] == {"b": 2}


def test_a_number_of_many_digits_is_no_trouble() -> None:
    digits = "9" * 10_000
    assert objects(f'[{{"a": {digits}}}]') == [{"a": digits}]
