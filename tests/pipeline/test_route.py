"""Who wants an event."""

from __future__ import annotations

import orjson
import pytest

from gateway.expression import Expression
from gateway.pipeline.route import MAX_REMEMBERED, Router, Rules
from gateway.verdict import LONGEST_SAW, LONGEST_TEXT, MOST
from tests.contract.conftest import candidate


def test_every_subscription_with_a_matching_pattern_wants_it_in_the_order_of_the_config() -> None:
    router = Router({"b": ["stripe/*"], "a": ["x/y", "**.created"], "c": ["github/*"]})
    assert router.match("stripe/customer.created") == ("b", "a")
    assert router.match("stripe/customer.created") == ("b", "a")
    assert router.match("nobody/wants.this") == ()


def test_endless_new_names_do_not_fill_the_memory() -> None:
    router = Router({"a": ["**"]})
    for n in range(MAX_REMEMBERED + 100):
        assert router.match(f"x/{n}") == ("a",)
    assert len(router._remembered) == MAX_REMEMBERED


def test_only_a_pattern_of_the_gateways_own_names_a_system_event() -> None:
    assert Router({"a": ["gateway/**"]}).names_system_event("gateway/delivery.finished")
    assert not Router({"a": ["**", "*/delivery.*"]}).names_system_event("gateway/delivery.finished")


EVENT = candidate("evt_1", data='{"amount":7,"big":[1,2],"name":"x","none":null}').event

# an `if:` -> the reason of the verdict, None where the event goes through; and what is told
CONDITIONS = [
    ("event.data.amount == 7", None, ""),  # true
    ("event.data.amount > 100", "filter", '{"event.data.amount":7}'),  # false
    ("event.data.missing == 1", "error", "there is no field 'missing'"),  # nothing to compare
    ("event.data.amount", "error", "must be true or false, and is a number"),  # no condition at all
    ("event.data.none", "error", "must be true or false, and is null"),
    ("event.data.name.startsWith('y')", "filter", '{"event.data.name":"x"}'),  # a method is no field
    ("event.data.big[1] == 3 || event.data['name'] == ''", "filter", '{"event.data.big[1]":2,"'),
]


@pytest.mark.parametrize(("text", "reason", "told"), CONDITIONS)
def test_a_filter_lets_through_what_it_is_true_for(text: str, reason: str | None, told: str) -> None:
    routed = Router({"a": ["**"]}, {"a": Rules(Expression(text))}).route(EVENT)
    assert routed.subscriptions == (("a",) if reason is None else ())
    assert [v.reason for v in routed.verdicts] == ([] if reason is None else [reason])
    assert all(told in f"{verdict.saw} {verdict.error}" for verdict in routed.verdicts)


def test_a_filter_that_fails_blocks_nobody_else() -> None:
    rules = {"a": Rules(Expression("event.data.nope")), "c": Rules(Expression("event.v == 'v1'"))}
    routed = Router({"a": ["**"], "b": ["**"], "c": ["**"], "d": ["x/*"]}, rules).route(EVENT)
    assert (routed.subscriptions, [v.subscription for v in routed.verdicts]) == (("b", "c"), ["a"])


def test_without_expressions_among_the_wanted_nothing_is_evaluated() -> None:
    router = Router({"a": ["stripe/*"], "b": ["github/*"]}, {"b": Rules(Expression("event.data.nope"))})
    assert router.route(EVENT) is router.route(EVENT)
    assert router.route(EVENT).subscriptions == ("a",)


# an `order_by:` -> the key, or what the verdict says; the event is wanted in any case
KEYS = [
    ("event.data.name", "x", None),
    ("event.data.amount", "7", None),
    ("event.data.none", None, None),  # null: no key
    ("event.data.nope", None, "there is no field 'nope'"),
    ("event.data.big", None, "must be text, a number, true or false, and is a list"),
]


@pytest.mark.parametrize(("text", "key", "error"), KEYS)
def test_order_by_gives_a_key_or_says_why_not(text: str, key: str | None, error: str | None) -> None:
    routed = Router({"a": ["**"]}, {"a": Rules(order=Expression(text))}).route(EVENT)
    assert (routed.subscriptions, routed.orders.get("a")) == (("a",), key)
    assert [(v.reason, v.error) for v in routed.verdicts] == ([("order", error)] if error else [])


def test_a_long_key_becomes_a_short_one() -> None:
    long = candidate("e", data=f'{{"k":"{"x" * 300}"}}').event
    key = Router({}, {"a": Rules(order=Expression("event.data.k"))}).order_key("a", long)
    assert key is not None and len(key) == 64


def test_what_is_kept_of_a_verdict_is_bounded() -> None:
    paths = " || ".join(f"event.data.k{n} == 1" for n in range(60))
    data = "{" + ",".join(f'"k{n}":"{"é" * 500}"' for n in range(60)) + "}"
    router = Router({"a": ["**"]}, {"a": Rules(Expression(paths))})
    [verdict] = router.route(candidate("e", data=data).event).verdicts
    assert len(verdict.saw.encode()) <= LONGEST_SAW and len(verdict.expression) <= LONGEST_TEXT
    assert list(orjson.loads(verdict.saw)) == ["event.data.k0", "event.data.k1"]


def test_of_very_many_filters_the_first_verdicts_are_kept() -> None:
    names = [f"s{n}" for n in range(MOST + 50)]
    no = Rules(Expression("false"))
    assert len(Router({n: ["**"] for n in names}, dict.fromkeys(names, no)).route(EVENT).verdicts) == MOST
