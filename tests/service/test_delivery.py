"""What a subscriber gets, and when, from a real gateway."""

from __future__ import annotations

import base64
import json
import time

import pytest
from standardwebhooks import Webhook
from stripe import WebhookSignature

from tests.service.conftest import SECRET, SIGNING, Start, Subscriber, eventually, stripe_event, to


def states(gateway) -> list[str]:  # type: ignore[no-untyped-def]
    return [d["state"] for d in gateway.rows("deliveries")]


def test_a_delivery_is_signed_by_standard_webhooks(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber))
    [event_id] = gateway.send(stripe_event("evt_1")).json()["ids"]
    eventually(lambda: subscriber.got)
    headers, body, _ = subscriber.got[0]
    assert Webhook(SIGNING).verify(body, headers)["id"] == "evt_1"
    assert headers["webhook-id"] == event_id


def test_every_secret_of_a_rotation_signs(start: Start, subscriber: Subscriber) -> None:
    other = "whsec_" + base64.b64encode(b"n" * 32).decode()
    gateway = start(subscriptions=to(subscriber).replace(f'"{SIGNING}"', f'"{SIGNING}", "{other}"'))
    gateway.send(stripe_event())
    eventually(lambda: subscriber.got)
    headers, body, _ = subscriber.got[0]
    assert Webhook(SIGNING).verify(body, headers) == Webhook(other).verify(body, headers)


def test_the_event_format(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber))
    sent = stripe_event("evt_1", created=1_790_000_000, amount=1.10)
    gateway.send(sent)
    eventually(lambda: subscriber.got)
    [event] = subscriber.events()
    assert set(event) == {"id", "name", "data", "ts", "v"}
    assert (event["name"], event["ts"], event["v"]) == (
        "stripe/customer.created",
        1_790_000_000_000,
        "2026-09-30",
    )
    assert event["data"] == sent


def test_the_raw_format_passes_the_providers_own_verification(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber, more=", format: raw"))
    gateway.send(stripe_event("evt_1"))
    eventually(lambda: subscriber.got)
    headers, body, _ = subscriber.got[0]
    assert WebhookSignature.verify_header(body, headers["stripe-signature"], SECRET, tolerance=300)
    assert json.loads(body)["id"] == "evt_1"


def test_the_cloudevents_format(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber, more=", format: cloudevents"))
    gateway.send(stripe_event("evt_1"))
    eventually(lambda: subscriber.got)
    headers, body, _ = subscriber.got[0]
    event = json.loads(body)
    assert headers["content-type"] == "application/cloudevents+json"
    assert (event["specversion"], event["type"]) == ("1.0", "stripe/customer.created")
    assert event["data"]["id"] == event["providerid"] == "evt_1"


def test_every_matching_subscription_gets_a_delivery_of_its_own(start: Start, subscriber: Subscriber) -> None:
    one = to(subscriber, "stripe/*", name="one").rstrip("}")
    both = f"{one}}}}}, {to(subscriber, '*/customer.created', name='two').lstrip('{')}"
    gateway = start(subscriptions=both)
    gateway.send(stripe_event())
    eventually(lambda: len(subscriber.got) == 2)
    assert {headers["gateway-subscription"] for headers, _, _ in subscriber.got} == {"one", "two"}
    assert len({headers["webhook-id"] for headers, _, _ in subscriber.got}) == 1


def test_a_failure_is_tried_again_with_the_same_id_and_each_attempt_kept(
    start: Start, subscriber: Subscriber
) -> None:
    subscriber.answers = [(500, {}), (302, {"location": "http://127.0.0.1:1/"})]
    gateway = start(subscriptions=to(subscriber))
    gateway.send(stripe_event("evt_1"))
    eventually(lambda: len(subscriber.got) == 3)
    assert eventually(lambda: states(gateway) == ["succeeded"])
    assert len({headers["webhook-id"] for headers, _, _ in subscriber.got}) == 1
    [event] = gateway.rows("event", "evt_1")
    attempts = event["deliveries"][0]["attempts"]
    assert [a["status"] for a in attempts] == [500, 302, 200]
    assert [a["number"] for a in attempts] == [1, 2, 3]
    assert attempts[0]["response"] == "ok"


def test_retry_after_is_honoured(start: Start, subscriber: Subscriber) -> None:
    subscriber.answers = [(503, {"retry-after": "2"})]
    gateway = start(subscriptions=to(subscriber))
    gateway.send(stripe_event())
    eventually(lambda: len(subscriber.got) == 2)
    assert 1.9 <= subscriber.got[1][2] - subscriber.got[0][2] < 4


def test_a_used_up_schedule_makes_a_dead_letter_and_a_system_event(
    start: Start, subscriber: Subscriber
) -> None:
    subscriber.answers = [(500, {})] * 3
    gateway = start(subscriptions=to(subscriber, "{stripe/*,gateway/*}".strip("{}").split(",")[0]))
    gateway.send(stripe_event("evt_1"))
    assert eventually(lambda: gateway.rows("deliveries", "--state", "failed"))
    [failed] = gateway.rows("events", "--source", "gateway")
    event = gateway.rows("event", failed["event_id"])[0]
    assert failed["name"] == "gateway/delivery.failed"
    assert event["data"]["function_id"] == "app"
    assert event["data"]["attempts"] == 3
    assert event["data"]["error"]["code"] == 500
    assert event["data"]["event"]["id"] == "evt_1"


def test_failing_to_deliver_a_system_event_emits_no_other(start: Start, subscriber: Subscriber) -> None:
    subscriber.otherwise = 500
    gateway = start(subscriptions=to(subscriber))
    gateway.send(stripe_event())
    eventually(lambda: len(gateway.rows("deliveries", "--state", "failed")) == 2)
    time.sleep(0.5)
    names = [e["name"] for e in gateway.rows("events", "--source", "gateway")]
    assert sorted(names) == ["gateway/delivery.failed", "gateway/delivery.finished"] or names == [
        "gateway/delivery.failed"
    ]


def test_gone_pauses_the_subscription_until_it_is_resumed(start: Start, subscriber: Subscriber) -> None:
    subscriber.answers = [(410, {})]
    gateway = start(subscriptions=to(subscriber, "stripe/*"))
    gateway.send(stripe_event("evt_1"))
    eventually(lambda: "dead" in states(gateway))
    gateway.send(stripe_event("evt_2"))
    time.sleep(0.5)
    assert len(subscriber.got) == 1
    assert gateway.cli("resume", "app").returncode == 0
    eventually(lambda: len(subscriber.got) == 2)
    names = {e["name"] for e in gateway.rows("events", "--source", "gateway")}
    assert {"gateway/subscription.paused", "gateway/subscription.resumed"} <= names


def test_a_future_time_delays_the_delivery_until_then(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber))
    due = int(time.time()) + 3
    gateway.send(stripe_event(created=due))
    eventually(lambda: subscriber.got)
    assert due <= subscriber.got[0][2] < due + 1


def test_a_replay_is_a_new_delivery_of_the_same_event(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber, "stripe/*"))
    gateway.send(stripe_event("evt_1"))
    eventually(lambda: states(gateway) == ["succeeded"])
    assert gateway.cli("replay", "evt_1").returncode == 0
    eventually(lambda: len(subscriber.got) == 2)
    first, second = (headers for headers, _, _ in subscriber.got)
    assert first["webhook-id"] == second["webhook-id"]
    assert first["gateway-delivery"] != second["gateway-delivery"]


def test_failed_deliveries_are_replayed_together(start: Start, subscriber: Subscriber) -> None:
    subscriber.answers = [(500, {})] * 6
    gateway = start(subscriptions=to(subscriber, "stripe/*"))
    for n in range(2):
        gateway.send(stripe_event(f"evt_{n}"))
    eventually(lambda: len(gateway.rows("deliveries", "--state", "failed")) == 2)
    assert gateway.cli("replay", "--failed", "--since", "1h").returncode == 0
    eventually(lambda: len(gateway.rows("deliveries", "--state", "succeeded")) == 2)


def test_a_cancelled_delivery_is_not_made(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber, "stripe/*"))
    gateway.send(stripe_event("evt_1", created=int(time.time()) + 3))
    [delivery] = gateway.rows("deliveries")
    assert gateway.cli("cancel", delivery["delivery_id"]).returncode == 0
    time.sleep(4)
    assert subscriber.got == []
    assert [e["name"] for e in gateway.rows("events", "--source", "gateway")] == [
        "gateway/delivery.cancelled"
    ]


def test_a_slow_subscriber_harms_no_other(start: Start, subscriber: Subscriber) -> None:
    slow = (
        'slow: {events: ["**"], concurrency: 2, '
        'destination: {type: http, url: "http://127.0.0.1:1/", timeout: 5s}, retry: {schedule: [1s]}}'
    )
    gateway = start(subscriptions=to(subscriber, "stripe/*")[:-1] + f", {slow}}}")
    for n in range(20):
        gateway.send(stripe_event(f"evt_{n}"))
    eventually(lambda: len(subscriber.got) == 20, within=5)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_no_more_at_once_than_the_subscription_allows(
    start: Start, subscriber: Subscriber, concurrency: int
) -> None:
    subscriber.delay = 0.2
    gateway = start(subscriptions=to(subscriber, "stripe/*", f", concurrency: {concurrency}"))
    for n in range(8):
        gateway.send(stripe_event(f"evt_{n}"))
    eventually(lambda: len(subscriber.got) == 8)
    times = sorted(at for _, _, at in subscriber.got)
    crowd = max(sum(0 <= other - at < 0.18 for other in times) for at in times)
    assert crowd == concurrency


def test_a_reload_under_way_keeps_to_the_concurrency_and_loses_nothing(
    start: Start, subscriber: Subscriber
) -> None:
    subscriber.delay = 0.3
    gateway = start(subscriptions=to(subscriber, "stripe/*", ", concurrency: 2"))
    for n in range(8):
        gateway.send(stripe_event(f"evt_{n}"))
    config = (gateway.folder / "config.yaml").read_text()
    for timeout in ("6s", "7s"):
        gateway.configure(config.replace("timeout: 5s", f"timeout: {timeout}"))
        assert gateway.cli("reload").returncode == 0
    eventually(lambda: len(subscriber.got) == 8)
    times = sorted(at for _, _, at in subscriber.got)
    assert max(sum(0 <= other - at < 0.28 for other in times) for at in times) == 2
    assert sorted(event["id"] for event in subscriber.events()) == [f"evt_{n}" for n in range(8)]


def test_a_removed_subscription_gets_no_more_until_it_is_back(start: Start, subscriber: Subscriber) -> None:
    subscriber.delay = 2.0  # so that some are left, however long the reload takes
    gateway = start(subscriptions=to(subscriber, "stripe/*", ", concurrency: 1"))
    for n in range(3):
        gateway.send(stripe_event(f"evt_{n}"))
    eventually(lambda: subscriber.got)
    config = (gateway.folder / "config.yaml").read_text()
    gateway.configure(config.partition("subscriptions:")[0])
    assert gateway.cli("reload").returncode == 0
    assert eventually(lambda: states(gateway).count("succeeded") == len(subscriber.got))
    assert len(subscriber.got) < 3
    subscriber.delay = 0.0
    gateway.configure(config)
    assert gateway.cli("reload").returncode == 0
    eventually(lambda: len(subscriber.got) == 3)
