"""Filters, order and payloads by expression, in a real gateway."""

from __future__ import annotations

import json
from itertools import groupby

from tests.service.conftest import Start, Subscriber, eventually, stripe_event, to

FILTER = 'if: "event.data.amount > 100"'


def test_a_filter_keeps_events_back_and_says_why(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber, more=f", {FILTER}"))
    for id, more in {"small": {"amount": 7}, "none": {}, "large": {"amount": 700}}.items():
        assert gateway.send(stripe_event(id, **more)).status_code == 200
    eventually(lambda: subscriber.got)
    assert [event["id"] for event in subscriber.events()] == ["large"]
    [small], [none] = (gateway.rows("why", id, "app") for id in ("small", "none"))
    assert (small["answer"], small["verdict"]["saw"]) == ("filter", {"event.data.amount": 7})
    assert (none["answer"], none["verdict"]["error"]) == ("error", "there is no field 'amount'")


def test_of_one_customer_one_after_the_other_whatever_fails(start: Start, subscriber: Subscriber) -> None:
    subscriber.answers = [(500, {}), (200, {}), (500, {}), (500, {})]
    gateway = start(subscriptions=to(subscriber, more=", order_by: event.data.customer"))
    for id in ("a1", "b1", "a2", "a3", "b2"):
        gateway.send(stripe_event(id, customer=id[0], created=1_790_000_000 + int(id[1])))
    eventually(lambda: len(subscriber.got) == 8)
    got = [event["id"] for event in subscriber.events()]
    assert [id for id, _ in groupby(id for id in got if id[0] == "a")] == ["a1", "a2", "a3"]
    assert [id for id, _ in groupby(id for id in got if id[0] == "b")] == ["b1", "b2"]


def test_a_payload_of_ones_own(start: Start, subscriber: Subscriber) -> None:
    more = """, format: raw, transform: '{"text": "new: " + event.data.id}'"""
    gateway = start(subscriptions=to(subscriber, more=more))
    gateway.send(stripe_event("evt_1"))
    eventually(lambda: subscriber.got)
    headers, body, _ = subscriber.got[0]
    assert json.loads(body) == {"text": "new: evt_1"}
    assert "stripe-signature" not in headers
