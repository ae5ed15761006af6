"""Answers that wait for a subscriber, against real gateways: one process, several, several nodes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.service.conftest import Gateway, Start, Subscriber, eventually, signed, stripe_event, to

DELIVERED = ", ack: [{mode: delivered, subscription: app, timeout: 3s}]"
PROXY = ", ack: [{mode: proxy, subscription: app, timeout: 3s}]"


def once(subscriber: Subscriber, events: str = "stripe/*") -> str:
    """A subscription without retries."""
    return to(subscriber, events).replace("[200ms, 200ms]", "[]")


def test_a_delivered_event_is_acknowledged_once_its_subscriber_has_it(
    start: Start, subscriber: Subscriber
) -> None:
    subscriber.delay = 0.4
    gateway = start(subscriptions=to(subscriber, "stripe/*"), source=DELIVERED)
    began = time.monotonic()
    answer = gateway.send(stripe_event("evt_1"))
    assert time.monotonic() - began >= 0.4
    assert (answer.status_code, answer.json()["duplicates"], len(subscriber.got)) == (200, 0, 1)


def test_a_retry_within_the_time_is_waited_for(start: Start, subscriber: Subscriber) -> None:
    subscriber.answers = [(500, {})]
    gateway = start(subscriptions=to(subscriber, "stripe/*"), source=DELIVERED)
    assert gateway.send(stripe_event("evt_1")).status_code == 200
    assert len(subscriber.got) == 2


def test_what_is_not_delivered_in_time_is_503_and_the_providers_retry_waits_for_the_same_delivery(
    start: Start, subscriber: Subscriber
) -> None:
    subscriber.delay = 1.5
    gateway = start(subscriptions=to(subscriber, "stripe/*"), source=DELIVERED.replace("3s", "1s"))
    first = gateway.send(stripe_event("evt_1"))
    assert (first.status_code, first.json()["error"]["code"]) == (503, "undelivered")
    assert first.headers["retry-after"] == "2"
    again = gateway.send(stripe_event("evt_1"))
    assert (again.status_code, again.json()["duplicates"]) == (200, 1)
    assert len(subscriber.got) == 1  # one event, one delivery, whatever the provider had to do


def test_a_dead_letter_is_503_at_once_until_it_is_replayed(start: Start, subscriber: Subscriber) -> None:
    subscriber.answers = [(500, {})]
    gateway = start(subscriptions=once(subscriber), source=DELIVERED)
    for _ in range(2):
        began = time.monotonic()
        assert gateway.send(stripe_event("evt_1")).status_code == 503
        assert time.monotonic() - began < 2
    assert gateway.cli("replay", "evt_1").returncode == 0
    eventually(lambda: len(subscriber.got) == 2)
    assert gateway.send(stripe_event("evt_1")).status_code == 200


def test_a_rule_holds_for_its_events_only_and_the_first_counts(start: Start, subscriber: Subscriber) -> None:
    subscriber.otherwise = 500
    rules = (
        ', ack: [{events: ["stripe/customer.*"], mode: stored}, '
        '{events: ["stripe/*"], mode: delivered, subscription: app, timeout: 300ms}]'
    )
    gateway = start(subscriptions=to(subscriber, "stripe/*"), source=rules)
    assert gateway.send(stripe_event("evt_1", "customer.created")).status_code == 200
    assert gateway.send(stripe_event("evt_2", "invoice.created")).status_code == 503


def test_an_event_that_the_subscription_does_not_want_is_acknowledged(
    start: Start, subscriber: Subscriber
) -> None:
    gateway = start(subscriptions=to(subscriber, "github/*"), source=DELIVERED)
    assert gateway.send(stripe_event("evt_1")).status_code == 200
    assert "has no delivery for the subscription app" in gateway.log


def test_a_proxied_answer_comes_back_whole(start: Start, subscriber: Subscriber) -> None:
    said = {"content-type": "text/xml; charset=utf-8", "stripe-version": "2026-09-30", "x-own": "1"}
    subscriber.answers = [(402, said)]
    gateway = start(subscriptions=once(subscriber), source=PROXY)
    answer = gateway.send(stripe_event("evt_1"))
    assert (answer.status_code, answer.content) == (402, b"ok")
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.headers["stripe-version"] == "2026-09-30"
    assert "x-own" not in answer.headers  # only what the provider is known to read
    again = gateway.send(stripe_event("evt_1"))
    assert (again.status_code, again.content, len(subscriber.got)) == (402, b"ok", 1)


def test_a_proxied_retry_hears_the_next_answer(start: Start, subscriber: Subscriber) -> None:
    subscriber.answers = [(500, {})]
    gateway = start(subscriptions=to(subscriber, "stripe/*").replace("200ms, 200ms", "1s"), source=PROXY)
    assert gateway.send(stripe_event("evt_1")).status_code == 500
    assert gateway.send(stripe_event("evt_1")).status_code == 200
    assert len(subscriber.got) == 2


def test_no_answer_to_hand_on_is_503(start: Start, subscriber: Subscriber) -> None:
    nobody = to(subscriber, "stripe/*").replace(subscriber.url, "http://127.0.0.1:9/hooks")
    gateway = start(subscriptions=nobody, source=PROXY)
    answer = gateway.send(stripe_event("evt_1"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unanswered")


def test_an_answer_that_is_too_long_is_not_cut(start: Start, subscriber: Subscriber) -> None:
    class Long(subscriber.server.RequestHandlerClass):  # type: ignore[misc,name-defined]
        def end_headers(self) -> None:
            self.send_header("content-length", "70000")
            super().end_headers()
            self.wfile.write(b"x" * 69_998)

        def send_header(self, name: str, value: str) -> None:
            if (name, value) != ("content-length", "2"):
                super().send_header(name, value)

    subscriber.server.RequestHandlerClass = Long
    gateway = start(subscriptions=once(subscriber), source=PROXY)
    answer = gateway.send(stripe_event("evt_1"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "answer_too_long")


def test_those_who_wait_leave_room_for_others(start: Start, subscriber: Subscriber) -> None:
    subscriber.delay = 2
    rules = ', ack: [{events: ["stripe/invoice.*"], mode: delivered, subscription: app}]'
    gateway = start(subscriptions=to(subscriber, "stripe/*"), source=rules, server=", max_in_flight: 4")
    answers: list[int] = []

    def wait(number: int) -> None:
        answers.append(gateway.send(stripe_event(f"evt_{number}", "invoice.created")).status_code)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    eventually(lambda: answers == [503])  # two may wait, the third may not
    assert gateway.send(stripe_event("evt_9", "customer.created")).status_code == 200
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 200, 503]


def test_a_gateway_that_stops_sends_those_who_wait_home(start: Start, subscriber: Subscriber) -> None:
    subscriber.delay = 20
    gateway = start(subscriptions=to(subscriber, "stripe/*"), source=DELIVERED.replace("3s", "1m"))
    answers: list[tuple[int, float]] = []

    def wait() -> None:
        status = gateway.send(stripe_event("evt_1")).status_code
        answers.append((status, time.monotonic()))

    waiting = threading.Thread(target=wait)
    waiting.start()
    eventually(lambda: subscriber.got)
    began = time.monotonic()
    assert gateway.stop() == 0
    waiting.join(5)
    [(status, ended)] = answers
    assert status == 503
    assert 1 < ended - began < 2.8  # half of shutdown_timeout, not all of it


@pytest.fixture
def several(prepare: Start, subscriber: Subscriber) -> Iterator[Gateway]:
    """A gateway whose webhooks are received by other processes than the one that delivers."""
    gateway = prepare(subscriptions=to(subscriber, "stripe/*"), source=PROXY)
    gateway.start("--workers", "3")
    yield gateway


def test_processes_of_one_machine_hand_answers_on(several: Gateway, subscriber: Subscriber) -> None:
    for number in range(12):  # each on a connection of its own, so that every process gets some
        answer = several.send(stripe_event(f"evt_{number}"))
        assert (answer.status_code, answer.content) == (200, b"ok")


def test_nodes_hand_answers_on(prepare: Start, subscriber: Subscriber, empty_database: str) -> None:
    nodes = [
        prepare(role, url=empty_database, subscriptions=to(subscriber, "stripe/*"), source=PROXY)
        for role in ("ingest", "worker")
    ]
    for node, role in zip(nodes, ("ingest", "worker"), strict=True):
        node.start(verb=role)
    answer = nodes[0].send(stripe_event("evt_1"))
    assert (answer.status_code, answer.content) == (200, b"ok")
    again = httpx.post(
        f"{nodes[0].url}/webhooks/stripe",
        content=(body := json.dumps(stripe_event("evt_1")).encode()),
        headers=signed(body),
    )
    assert (again.status_code, again.content, len(subscriber.got)) == (200, b"ok", 1)
