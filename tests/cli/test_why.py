"""`gateway why`, `gateway subscriptions`, and what `gateway event` says of subscriptions that got nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.event import new_id
from gateway.store.records import Candidate
from gateway.terms import Batch, Debounce, Once, Terms
from gateway.verdict import Reason, Verdict
from tests.cli.conftest import CONFIG, HOUR, NOW, Home, event

RULES = "    if: event.data.a > 5\n    order_by: event.data.customer\n"
FILTERED = CONFIG.replace('["stripe/*"]\n', f'["stripe/*"]\n{RULES}')


def missed(reason: Reason = "filter", error: str | None = None, **more: Any) -> Candidate:
    """An event that the filter of `app` kept from it."""
    verdict = Verdict("app", reason, "event.data.a > 5", '{"event.data.a":1}', error)
    return replace(event(**more), verdicts=(verdict,))


@pytest.fixture
def filtered(home: Home) -> Home:
    home.config.write_text(FILTERED)
    return home


def answers(home: Home, id: str = "evt_1") -> dict[str, tuple[str, str]]:
    return {why["subscription"]: (why["answer"], why["detail"]) for why in home.lines("why", id)}


def test_a_filter_tells_what_it_saw(filtered: Home) -> None:
    filtered.accept(missed(to=("mail",)))
    found = answers(filtered)
    assert found["app"] == ("filter", 'if: event.data.a > 5 was not true; it saw {"event.data.a":1}')
    assert found["mail"][0] == "delivery" and found["mail"][1].startswith("pending, due at ")


def test_a_filter_that_failed_tells_how(filtered: Home) -> None:
    filtered.accept(missed("error", "there is no field 'a'"))
    answer, detail = answers(filtered)["app"]
    assert answer == "error"
    assert detail.startswith("if: event.data.a > 5 failed, which counts as no match: there is no field 'a'")


def test_a_name_that_does_not_match_is_told_by_the_config_of_now(home: Home) -> None:
    home.accept(event(name="github/push", source="billing"))
    detail = "by the config of now none of stripe/* matches github/push"
    assert answers(home)["app"] == ("name", detail)


def test_a_subscription_that_wants_it_only_now_is_told_how_to_get_it(home: Home) -> None:
    [outcome] = home.accept(event(to=("app",)))
    answer, detail = answers(home)["mail"]
    assert answer == "later"
    assert f"gateway replay {outcome.event_id} --subscription mail" in detail


def test_a_paused_subscription_and_one_that_keeps_an_order_say_so(home: Home) -> None:
    home.accept(*(replace(event(id, to=("app",)), orders={"app": "cus_1"}) for id in ("a", "b")))
    leases = {"app": HOUR}
    for _ in range(2):
        home.do(lambda store: store.claim({"app": 5}, leases, NOW, "w", {"app"}))
    assert answers(home, "b")["app"] == (
        "delivery",
        "pending; an earlier delivery of the key 'cus_1' comes first",
    )
    home.do(lambda store: store.pause("app", "by hand", NOW))
    assert "the subscription is paused since" in answers(home, "b")["app"][1]


def test_a_repetition_names_the_first(home: Home) -> None:
    said = Verdict("app", "idempotency", "event.data.a", '{"event.data.a":1}')
    terms = {"app": Terms(once=Once("1", HOUR, said))}
    first, _ = home.accept(*(replace(event(id, to=("app",)), terms=terms) for id in ("a", "b")))
    expected = f'{first.event_id} has the same idempotency key: event.data.a; it saw {{"event.data.a":1}}'
    assert answers(home, "b")["app"] == ("idempotency", expected)


def test_what_waits_for_others_or_gave_way_says_so(home: Home) -> None:
    debounce = {"app": Terms(gathers=Debounce("", HOUR))}
    batch = {"mail": Terms(gathers=Batch("", 9, HOUR, 1000))}
    both = [replace(event(id, to=("app", "mail")), terms=debounce | batch) for id in ("a", "b")]
    _, second = home.accept(*both)
    assert answers(home, "a")["app"][1].endswith(f"; debounced by {second.event_id}")
    assert answers(home, "a")["mail"][1].startswith("pending, in the batch ")


def test_a_key_that_failed_says_what_happened(home: Home) -> None:
    failed = Verdict("app", "debounce", "event.data.x", "{}", "there is no field 'x'")
    home.accept(replace(event(to=("app",)), verdicts=(failed,)))
    expected = (
        "delivered at once, without a debounce key: debounce.key: event.data.x failed: there is no field 'x'"
    )
    assert answers(home)["app"][1].endswith(expected)


def test_one_subscription_may_be_asked_for(filtered: Home) -> None:
    filtered.accept(missed())
    [why] = filtered.lines("why", "evt_1", "app")
    saw = {"reason": "filter", "expression": "event.data.a > 5", "saw": {"event.data.a": 1}, "error": None}
    saw["first_event_id"] = None
    assert (why["verdict"], why["deliveries"], why["paused"]) == (saw, [], False)
    assert "SUBSCRIPTION  ANSWER  WHY" in filtered.gateway("why", "evt_1", "app").stdout


def test_what_is_not_there_is_named(home: Home) -> None:
    home.accept(event())
    nothing, nobody = home.gateway("why", "evt_9"), home.gateway("why", "evt_1", "ap")
    assert (nothing.exit_code, nobody.exit_code) == (1, 2)
    assert "there is no event 'evt_9'" in nothing.stderr
    assert "there is no subscription 'ap'; did you mean 'app'?" in nobody.stderr


def test_an_event_shows_who_did_not_get_it(filtered: Home) -> None:
    filtered.accept(missed(to=("mail",)))
    [page] = filtered.lines("event", "evt_1")
    assert [(why["subscription"], why["answer"]) for why in page["not_delivered"]] == [("app", "filter")]
    assert "not delivered to\nSUBSCRIPTION  ANSWER" in filtered.gateway("event", "evt_1").stdout


def test_subscriptions_are_listed_with_what_goes_wrong(filtered: Home) -> None:
    filtered.accept(missed("error", "there is no field 'a'", to=("mail",)), missed(id="evt_2", at=NOW + 1))
    filtered.do(lambda store: store.pause("mail", "it answered 410", NOW))
    app, mail = filtered.lines("subscriptions")
    assert (app["if"], app["order_by"]) == ("event.data.a > 5", "event.data.customer")
    assert (app["state"], app["expression_errors"], app["last_verdict"]["reason"]) == ("active", 1, "filter")
    assert (mail["state"], mail["waiting"], mail["paused_because"]) == ("paused", 1, "it answered 410")
    assert mail["last_verdict"] is None
    table = filtered.gateway("subscriptions").stdout
    assert "EXPRESSION ERRORS" in table and "it answered 410" in table


def test_subscriptions_tell_who_is_failing(filtered: Home) -> None:
    filtered.do(lambda store: store.health.tell_failing("app", "5 of 5 attempts failed", NOW, []))
    app, _ = filtered.lines("subscriptions")
    assert (app["failing"], app["failing_since"], app["breaker"]) == ("5 of 5 attempts failed", NOW, None)
    assert "5 of 5 attempts failed" in filtered.gateway("subscriptions").stdout


def test_a_replay_of_an_event_asks_the_filter_unless_a_subscription_is_named(filtered: Home) -> None:
    data = '{"a":1,"customer":"cus_1"}'
    filtered.accept(event(data=data, id=new_id(NOW)), event(data=data))
    filtered.gateway("replay", "evt_1")
    assert [d.subscription for d in filtered.deliveries()] == ["mail"]
    filtered.gateway("replay", "evt_1", "--subscription", "app")
    assert [(d.subscription, d.order_key) for d in filtered.deliveries()][0] == ("app", "cus_1")
