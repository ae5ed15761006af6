"""`gateway cancel` and `gateway resume`."""

from __future__ import annotations

import json
import time

import orjson

from tests.cli.conftest import HOUR, NOW, SECOND, Home, event


def test_a_delivery_is_cancelled(home: Home) -> None:
    home.accept(event(to=("app", "mail")))
    [asked] = home.deliveries(subscription="app")
    result = home.gateway("cancel", asked.delivery_id)
    assert (result.exit_code, result.stdout) == (0, "cancelled 1 delivery\n")
    assert {d.subscription: d.state for d in home.deliveries()}["app"] == "cancelled"
    assert [d.id for d in home.deliveries(subscription="mail", state="pending")][1:] == ["evt_1"]


def test_an_event_is_cancelled_with_all_its_pending_deliveries(home: Home) -> None:
    home.accept(event("evt_1", to=("app", "mail")), event("evt_2", to=("app",)))
    assert home.gateway("cancel", "evt_1").stdout == "cancelled 2 deliveries\n"
    assert sorted(d.id for d in home.deliveries(state="cancelled")) == ["evt_1", "evt_1"]
    assert [d.id for d in home.deliveries(subscription="app", state="pending")] == ["evt_2"]


def test_a_cancelled_delivery_is_told_to_who_wants_to_hear(home: Home) -> None:
    home.accept(event(to=("app",)))
    [asked] = home.deliveries()
    home.end("pending", status=503)
    home.gateway("cancel", asked.delivery_id)
    [told] = home.events("gateway/delivery.cancelled")
    data = orjson.loads(told.data)
    assert (data["function_id"], data["run_id"], data["error"]["code"]) == ("app", asked.delivery_id, 503)
    assert data["event"]["id"] == "evt_1"
    assert [d.name for d in home.deliveries(subscription="mail")] == ["gateway/delivery.cancelled"]


def test_cancelling_twice_does_nothing_more(home: Home) -> None:
    home.accept(event(to=("app",)))
    [asked] = home.deliveries()
    home.gateway("cancel", asked.delivery_id)
    again = home.gateway("cancel", asked.delivery_id)
    already = f"{asked.delivery_id} is cancelled already"
    assert again.exit_code == 1
    nothing = "nothing was cancelled: none of these deliveries was pending"
    list = "list those that are with: gateway deliveries --state pending"
    assert again.stderr == f"{already}\n{nothing}; {list}\n"
    assert len(home.events("gateway/delivery.cancelled")) == 1


def test_a_delivery_that_ended_does_not_keep_others_from_being_cancelled(home: Home) -> None:
    home.accept(event("evt_1", to=("app",)))
    home.end("succeeded")
    home.accept(event("evt_2", to=("app",)))
    second, first = home.deliveries()
    result = home.gateway("cancel", first.delivery_id, second.delivery_id)
    assert (result.exit_code, result.stdout) == (0, "cancelled 1 delivery\n")
    assert result.stderr == f"{first.delivery_id} is succeeded already\n"


def test_one_id_that_is_not_there_stops_all(home: Home) -> None:
    home.accept(event(to=("app",)))
    result = home.gateway("cancel", "evt_1", "evt_9")
    missing = "there is no delivery or event 'evt_9'; list them with: gateway deliveries"
    assert (result.exit_code, result.stderr) == (1, f"{missing}\nnothing was cancelled\n")
    assert [d.state for d in home.deliveries()] == ["pending"]


def test_an_attempt_under_way_is_told(home: Home) -> None:
    home.accept(event(to=("app",)))
    now = max(NOW, round(time.time() * 1000))
    home.do(lambda store: store.claim({"app": 1}, {"app": HOUR}, now, "worker"))
    [asked] = home.deliveries()
    result = home.gateway("cancel", asked.delivery_id)
    note = f"{asked.delivery_id} is in flight: the attempt under way may still arrive\n"
    assert (result.exit_code, result.stderr) == (0, note)


def test_a_paused_subscription_is_resumed(home: Home) -> None:
    home.accept(event("evt_1", to=("app",)), event("evt_2", to=("app",)))
    home.do(lambda store: store.pause("app", "410", NOW))
    result = home.gateway("resume", "app")
    assert (result.exit_code, result.stdout) == (0, "resumed app: 2 deliveries waited\n")
    assert home.do(lambda store: store.paused()) == []
    [told] = home.events("gateway/subscription.resumed")
    assert json.loads(told.data) == {"function_id": "app"}


def test_a_subscription_is_paused_once(home: Home) -> None:
    home.accept(event("evt_1", to=("app",)))
    assert home.gateway("pause", "app", "--reason", "deploying").stdout == "paused app: 1 waiting\n"
    [paused] = home.do(lambda store: store.paused())
    assert (paused.subscription, paused.reason) == ("app", "deploying")
    assert len(home.events("gateway/subscription.paused")) == 1
    again = home.gateway("pause", "app")
    way_out = "let it go with: gateway resume app"
    assert again.stderr == f"the subscription 'app' is paused already; {way_out}\n"
    assert home.gateway("pause", "apq").exit_code == again.exit_code == 1


def test_a_subscription_that_left_the_config_is_resumed_too(home: Home) -> None:
    home.do(lambda store: store.pause("old", "410", NOW))
    assert home.gateway("resume", "old").exit_code == 0


def test_a_subscription_that_is_not_paused(home: Home) -> None:
    home.do(lambda store: store.pause("mail", "410", NOW + SECOND))
    result = home.gateway("resume", "app")
    assert result.exit_code == 1
    assert result.stderr == "the subscription 'app' is not paused; paused now: mail\n"
    assert home.events("gateway/**") == []


def test_a_subscription_that_is_not_there(home: Home) -> None:
    result = home.gateway("resume", "apq")
    message = "there is no subscription 'apq'; did you mean 'app'? there are: app, mail; paused now: none"
    assert (result.exit_code, result.stderr) == (1, f"{home.config}: {message}\n")
