"""CEL expressions over an event: what they see, how they fail, and what is refused before they run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.event import Event
from gateway.expression import LONGEST, Evaluated, Expression, InvalidExpression, variables
from tests.contract.conftest import NOW, candidate

DATA = '{"data":{"object":{"customer":"cus_1","amount":7,"big":18446744073709551615,"tags":["a","b"]}}}'
EVENT = candidate("evt_1", data=DATA).event

# an expression -> its value for EVENT
VALUES: list[tuple[str, Any]] = [
    ("event.data.data.object.customer", "cus_1"),  # a path into the payload
    ("event.id + ' ' + event.name", "evt_1 stripe/customer.created"),  # our own fields
    ("event.event_id", EVENT.event_id),  # the gateway's id
    ("event.source == 'stripe' && event.v == 'v1'", True),  # the rest of them
    (f"event.ts == {NOW}", True),  # whole numbers
    ("event.data.data.object.amount > 6.5", True),  # whole and broken numbers compare
    ("event.data.data.object.big > 1", True),  # more than 63 bits
    ("event.data['data'].object.tags.exists(tag, tag == 'b')", True),  # a macro and its own variable
    ("has(event.data.none) ? event.data.none : 'unknown'", "unknown"),  # a way out for what may be missing
    ("event.name == 'event.nope' // event.nope", False),  # names in texts and comments are none
    ("event.data.nope == 1 || event.v == 'v1'", True),  # one side of an `or` may fail
]


@pytest.mark.parametrize(("text", "value"), VALUES, ids=[text for text, _ in VALUES])
def test_values(text: str, value: object) -> None:
    assert Expression(text).of(EVENT) == Evaluated(value)


# an expression that cannot be computed for EVENT -> what its error says
FAILING = [
    ("event.data.nope", "there is no field 'nope'"),  # missing
    ("event.data.nope.deeper", "there is no field 'nope'"),  # below what is missing
    ("event.id + 1", "string + int"),  # types that do not go together
    ("1 / 0", "division by zero"),
    ("event.data.data.object.tags[7]", "out of bounds"),
    ("event.name.matches('(')", "not a valid regex"),
]


@pytest.mark.parametrize(("text", "says"), FAILING)
def test_what_cannot_be_computed_is_an_answer(text: str, says: str) -> None:
    got = Expression(text).of(EVENT)
    assert got.value is None
    assert says in (got.error or "")


# a text -> what is said about it
REFUSED = [
    ("event.", "is no CEL expression: column 7: no viable alternative at input '.'"),  # cut off
    ("event.id ==\n  && true", "is no CEL expression: line 2, column 3: extraneous input '&&'"),  # by lines
    ("", "is no CEL expression: column 1: mismatched input '<EOF>'"),  # empty
    ("'é' + + ", "is no CEL expression: column 7: mismatched input '+'"),  # columns are characters
    ("event.nmae == 'a'", "column 7: event has no field 'nmae'; did you mean 'name'?"),
    ("true &&\n event.data.a == data.b", "line 2, column 18: there is no 'data'; there are event"),
    ("evnt.id", "column 1: there is no 'evnt'; did you mean 'event'?"),
    ("size(evnt.id) > 0 || event.id.startWith('a')", "column 6: there is no 'evnt'"),
    ("event.id.startWith('a')", "column 10: there is no function 'startWith'; did you mean 'startsWith'?"),
    ("1" * (LONGEST + 1), f"has {LONGEST + 1} characters; at most {LONGEST} are read"),
]


@pytest.mark.parametrize(("text", "says"), REFUSED)
def test_a_text_that_is_no_expression_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(InvalidExpression) as refused:
        Expression(text)
    assert str(refused.value).startswith(says)


@given(st.text(st.sampled_from("event.data id()[]{}'\"+-*/%!<>=&|?:,1u\n\\")))
@example("(" * LONGEST)
@example("!" * LONGEST)
@example("+".join("1" * (LONGEST // 2)))
@example("event" + ".a" * (LONGEST // 3))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        expression = Expression(text)
    except InvalidExpression:
        return
    assert isinstance(expression.of(EVENT), Evaluated)


def test_data_may_be_as_deep_as_json_is_read() -> None:
    deep = candidate(data="[" * 1000 + "]" * 1000).event
    assert Expression("size(event.data) == 1").of(deep) == Evaluated(True)


def test_data_that_is_no_json_has_no_fields() -> None:
    one = candidate().event
    odd = Event(one.event_id, one.id, one.name, one.source, '{"a":"\\ud800"}', NOW, None, NOW)
    assert Expression("event.data.a").of(odd).error
    assert Expression("event.id").of(odd) == Evaluated(one.id)


def test_several_expressions_can_share_what_they_look_at() -> None:
    seen = variables(EVENT)
    values = [Expression(text).evaluate(seen).value for text in ("event.id", "event.source")]
    assert values == ["evt_1", "stripe"]
