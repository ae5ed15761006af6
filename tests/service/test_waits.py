"""Waiting and cancelling in a real gateway, which is killed in between."""

from __future__ import annotations

from tests.service.conftest import Start, Subscriber, eventually, stripe_event, to

MATCH = "event.data.customer == async.data.customer"
WAITS = f', waits: {{for: "stripe/charge.*", match: "{MATCH}", timeout: 1h}}'
CANCEL = f', cancel_on: {{event: "stripe/customer.deleted", if: "{MATCH}"}}'
CREATED = "stripe/customer.created"


def test_a_killed_gateway_goes_on_waiting_and_resolves_what_it_acknowledged(
    start: Start, subscriber: Subscriber
) -> None:
    gateway = start(subscriptions=to(subscriber, CREATED, WAITS))
    for id in ("one", "two"):
        assert gateway.send(stripe_event(id, customer=id)).status_code == 200
    gateway.kill()
    gateway.start()
    assert gateway.send(stripe_event("paid", "charge.succeeded", customer="two")).status_code == 200
    gateway.kill()
    gateway.start()
    eventually(lambda: subscriber.got)
    headers, _, _ = subscriber.got[0]  # a second one is what was under way when it was killed
    event = subscriber.events()[0]
    assert (event["id"], event["async"]["id"], headers["gateway-wait"]) == ("two", "paid", "matched")


def test_an_event_cancels_what_waits_for_its_retry(start: Start, subscriber: Subscriber) -> None:
    subscriber.otherwise = 500
    subscriptions = to(subscriber, CREATED, CANCEL).replace("[200ms, 200ms]", "[1h]")
    gateway = start(subscriptions=subscriptions)
    gateway.send(stripe_event("one", customer="c"))
    eventually(lambda: subscriber.got)
    gateway.send(stripe_event("gone", "customer.deleted", customer="c"))
    eventually(lambda: gateway.rows("deliveries", "--state", "cancelled"))
    [told] = gateway.rows("events", "--name", "gateway/delivery.cancelled")
    [gone] = gateway.rows("events", "--name", "stripe/customer.deleted")
    assert told["data"]["cancelled_by"] == gone["event_id"]
