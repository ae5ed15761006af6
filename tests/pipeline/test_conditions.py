"""The terms on which a subscription takes an event: what its expressions make of it, and where they fail."""

from __future__ import annotations

import pytest

from gateway.expression import Expression
from gateway.pipeline.conditions import BatchRule, Conditions, DebounceRule, OnceRule
from gateway.pipeline.route import Routed, Router, Rules
from gateway.terms import Batch, Debounce
from tests.contract.conftest import candidate

EVENT = candidate("evt_1", data='{"customer":"cus_1","nothing":null,"n":7,"list":[1]}').event


def routed(conditions: Conditions, order: Expression | None = None) -> Routed:
    return Router({"app": ["**"]}, {"app": Rules(None, order, conditions)}).route(EVENT)


def once(text: str) -> Conditions:
    return Conditions(once=OnceRule(Expression(text), 5000))


def test_the_key_of_an_idempotency_expression() -> None:
    found = routed(once("event.data.customer")).terms["app"].once
    assert found is not None
    assert (found.key, found.window) == ("cus_1", 5000)
    assert (found.repeated.reason, found.repeated.saw) == ("idempotency", '{"event.data.customer":"cus_1"}')


# an expression without a key -> what is told of it, None for nothing
@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("event.data.nothing", None),
        ("event.data.missing", "there is no field 'missing'"),
        ("event.data.list", "must be text, a number, true or false, and is a list"),
    ],
)
def test_an_expression_without_a_key_costs_no_delivery(text: str, error: str | None) -> None:
    debounce = DebounceRule(Expression(text), 1, None)
    for reason, conditions in {"idempotency": once(text), "debounce": Conditions(debounce=debounce)}.items():
        found = routed(conditions)
        assert found.subscriptions == ("app",)
        assert (found.terms["app"].once, found.terms["app"].gathers) == (None, None)
        assert [(v.reason, v.error) for v in found.verdicts] == ([] if error is None else [(reason, error)])


def test_what_has_no_key_is_batched_with_its_like() -> None:
    rule = BatchRule(Expression("event.data.missing"), 9, 1000, 500)
    found = routed(Conditions(batch=rule))
    assert found.terms["app"].gathers == Batch("", 9, 1000, 500)
    assert [verdict.reason for verdict in found.verdicts] == ["batch"]


def test_without_an_expression_all_have_one_key() -> None:
    assert routed(Conditions(debounce=DebounceRule(None, 5, 9))).terms["app"].gathers == Debounce("", 5, 9)
    assert routed(Conditions(batch=BatchRule(None, 9, 5, 1))).terms["app"].gathers == Batch("", 9, 5, 1)


def test_of_several_failures_one_is_told() -> None:
    """A store keeps one verdict of an event and a subscription."""
    failing = Expression("event.data.missing")
    rules = Conditions(once=OnceRule(failing, 1), debounce=DebounceRule(failing, 1, None))
    assert [verdict.reason for verdict in routed(rules, order=failing).verdicts] == ["order"]
