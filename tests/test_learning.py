"""What is learned from samples, and that every sample keeps it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.learning import learned
from gateway.schema import Schema

# samples -> the schema
LEARNED: list[tuple[list[Any], dict[str, Any]]] = [
    ([], {}),  # nothing is known
    ([1, 2.5], {"type": "number"}),  # a whole number is a number
    ([True, 1], {"type": ["boolean", "integer"]}),  # true is no number
    (["a", None], {"type": ["null", "string"]}),
    (
        [{"id": "1", "n": 1}, {"id": "2"}],
        {
            "type": "object",
            "properties": {"id": {"type": "string"}, "n": {"type": "integer"}},
            "required": ["id"],
        },
    ),
    ([[], []], {"type": "array"}),  # of what, nobody knows
    ([[1], ["a"]], {"type": "array", "items": {"type": ["integer", "string"]}}),
    (["eur"] * 2 + ["usd"] * 4, {"type": "string", "enum": ["eur", "usd"]}),  # few, and often
    (["eur"] * 3 + [None], {"type": ["null", "string"], "enum": ["eur", None]}),
    (["eur", "usd"], {"type": "string"}),  # few, and seldom
    ([f"id_{n}" for n in range(30)], {"type": "string"}),  # data
    (["a b"] * 9, {"type": "string"}),  # prose
    (
        [{f"cus_{n}{m}": 1 for m in range(10)} for n in range(10)],  # keys that are data
        {"type": "object", "additionalProperties": {"type": "integer"}},
    ),
]


@pytest.mark.parametrize(("samples", "schema"), LEARNED)
def test_what_is_learned(samples: list[Any], schema: dict[str, Any]) -> None:
    assert learned(samples) == schema


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(JSON, max_size=6))
def test_every_sample_keeps_what_was_learned_from_it(samples: list[Any]) -> None:
    schema = Schema(learned(samples))
    assert [schema.faults(sample) for sample in samples] == [()] * len(samples)


def test_whatever_is_deep_is_let_be() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = {"a": deep}
    assert Schema(learned([deep])).faults(deep) == ()
