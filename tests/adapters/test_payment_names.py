"""Names, ids, times and facts of the payment providers whose events are plain fields."""

import json

import pytest

import adapters
from adapters.base import Headers, WebhookRequest

AT, MS = "2027-01-15T08:00:00Z", 1_800_000_000_000
CASES = [
    # adapter, headers, body, id, type, time, attributes
    ("paddle", {}, {"event_id": "evt_1", "event_type": "transaction.completed", "occurred_at": AT},
     "evt_1", "transaction.completed", MS, {}),
    # the notification is the destination's, the event is the same for all of them
    ("paddle", {}, {"event_id": "evt_1", "event_type": "a.b", "notification_id": "ntf_1"},
     "evt_1", "a.b", None, {"notification_id": "ntf_1"}),
    ("square", {"Square-Environment": "Sandbox"},
     {"event_id": "e", "type": "payment.created", "merchant_id": "M"},
     "e", "payment.created", None, {"merchant_id": "M", "environment": "Sandbox"}),
    ("razorpay", {"X-Razorpay-Event-Id": "r"},
     {"event": "order.paid", "created_at": 1_800_000_000, "account_id": "a"},
     "r", "order.paid", MS, {"account_id": "a"}),
    ("coinbase_commerce", {}, {"id": 9, "event": {"id": "c", "type": "charge:confirmed", "created_at": AT}},
     "c", "charge.confirmed", MS, {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "headers", "body", "id", "type", "ts", "attributes"), CASES)
def test_what_becomes_of_a_request(name, headers, body, id, type, ts, attributes):
    [event] = parse(name, headers, body)
    assert (event.id, event.type, event.ts, event.attributes) == (id, type, ts, attributes)


@pytest.mark.parametrize("name", ["razorpay", "lemonsqueezy"])
def test_without_an_id_the_body_makes_it(name):
    body = {"event": "a.b", "meta": {"event_name": "a_b"}}
    [first], [again] = parse(name, {}, body), parse(name, {}, body)
    [other] = parse(name, {}, {**body, "more": 1})
    assert first.id == again.id != other.id


def test_lemonsqueezy_takes_the_name_from_the_header_where_the_body_has_none():
    [event] = parse("lemonsqueezy", {"X-Event-Name": "order_created"}, {"meta": {"test_mode": False}})
    assert (event.type, event.attributes) == ("order_created", {"test_mode": False})


def parse(name: str, headers: dict[str, str], body: object):
    request = WebhookRequest(
        "POST", "https://gateway.example/", Headers.of(headers), json.dumps(body).encode(), 0
    )
    return adapters.load(name)().parse(request)
