"""A gateway as a process that catches up by itself with what Stripe's own list has."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.service.conftest import Gateway, Start, Subscriber, eventually, to
from tests.stripe_api import KEY, StripeServer, serving


@pytest.fixture
def stripe() -> Iterator[StripeServer]:
    with serving() as server:
        server.now = int(time.time())
        yield server


def planned(stripe: StripeServer, more: str = "") -> str:
    return f', backfill: {{api_key: "{KEY}", api_base: "{stripe.url}"{more}}}'


def missed(gateway: Gateway, count: int) -> bool:
    return f"found {count} events that no webhook had brought" in gateway.log


def test_an_outage_is_caught_up_with_at_the_next_start(
    prepare: Start, stripe: StripeServer, subscriber: Subscriber
) -> None:
    stripe.add("evt_1", at=stripe.now - 300)
    gateway = prepare(source=planned(stripe), subscriptions=to(subscriber, "stripe/*"))
    gateway.start()
    eventually(lambda: len(subscriber.got) == 1 and missed(gateway, 1))
    eventually(lambda: gateway.rows("deliveries")[0]["state"] == "succeeded")  # else it is made again
    gateway.kill()
    stripe.add("evt_2", at=stripe.now - 200)
    gateway.start()
    eventually(lambda: len(subscriber.got) == 2)
    assert [event["id"] for event in subscriber.events()] == ["evt_1", "evt_2"]
    eventually(lambda: gateway.log.count("found 1 events that no webhook had brought") == 2)
    assert KEY not in gateway.log


def test_what_came_by_webhook_is_not_delivered_again(
    prepare: Start, stripe: StripeServer, subscriber: Subscriber
) -> None:
    known, lost = (stripe.add(f"evt_{n}", at=stripe.now - 300 + n) for n in (1, 2))
    source = planned(stripe, ", at_start: false, every: 2s")
    gateway = prepare(source=source, subscriptions=to(subscriber, "stripe/*"))
    gateway.start()
    assert gateway.send(known | {"pending_webhooks": 1}).status_code == 200
    eventually(lambda: missed(gateway, 1))
    assert gateway.send(lost | {"pending_webhooks": 1}).json()["duplicates"] == 1
    eventually(lambda: len(subscriber.got) == 2)
    assert sorted(event["id"] for event in subscriber.events()) == ["evt_1", "evt_2"]
    assert [row["name"] for row in gateway.rows("events", "--source", "gateway")] == []
