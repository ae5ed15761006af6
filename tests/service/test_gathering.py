"""The first, the latest, many in one call: from a webhook to a subscriber, through a real gateway."""

from __future__ import annotations

import json

import pytest
from standardwebhooks import Webhook

from tests.service.conftest import SIGNING, Start, Subscriber, eventually, stripe_event, to


def test_a_batch_outlives_a_kill_and_is_one_signed_call(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber, more=", batch: {size: 3, timeout: 1h}"))
    for id in ("evt_1", "evt_2"):
        gateway.send(stripe_event(id))
    gateway.kill()
    gateway.start()
    eventually(gateway.is_ready)
    gateway.send(stripe_event("evt_3"))
    eventually(lambda: subscriber.got)
    headers, body, _ = subscriber.got[0]
    assert [event["id"] for event in Webhook(SIGNING).verify(body, headers)] == ["evt_1", "evt_2", "evt_3"]
    assert [event["id"] for event in json.loads(body)] == ["evt_1", "evt_2", "evt_3"]
    rows = eventually(lambda: [row for row in gateway.rows("deliveries") if row["state"] == "succeeded"])
    assert {row["batch_id"] for row in rows} == {headers["webhook-id"]}
    assert len(subscriber.got) == 1


@pytest.mark.parametrize(
    ("keys", "gets", "other"),
    [
        ("debounce: {period: 2s}", "evt_2", ("delivery", "debounced by")),
        ("idempotency: event.name", "evt_1", ("idempotency", "has the same idempotency key: event.name")),
    ],
)
def test_one_of_two_is_delivered_and_the_other_says_why(
    start: Start, subscriber: Subscriber, keys: str, gets: str, other: tuple[str, str]
) -> None:
    gateway = start(subscriptions=to(subscriber, events="stripe/*", more=f", {keys}"))
    for id in ("evt_1", "evt_2"):
        gateway.send(stripe_event(id))
    eventually(lambda: subscriber.got)
    assert [event["id"] for event in subscriber.events()] == [gets]
    [missed] = {"evt_1", "evt_2"} - {gets}
    [why] = gateway.rows("why", missed, "app")
    assert why["answer"] == other[0] and other[1] in why["detail"]
