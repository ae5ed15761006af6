"""What the vectors of Shopify do not show: names, times and facts in headers."""

import pytest

import adapters
from adapters.base import Headers, PayloadError, WebhookRequest

SHOPIFY = adapters.load("shopify")()


def event_of(body: bytes = b"{}", **headers: str):
    named = {f"X-Shopify-{name.replace('_', '-')}": value for name, value in headers.items()}
    request = WebhookRequest("POST", "https://gateway.example/", Headers.of(named), body, 0)
    [event] = SHOPIFY.parse(request)
    return event


@pytest.mark.parametrize(
    ("topic", "type"),
    [
        ("orders/create", "orders.create"),
        ("customers/data_request", "customers.data_request"),
        ("app/uninstalled", "app.uninstalled"),
        ("subscription_billing_cycle_edits/create", "subscription_billing_cycle_edits.create"),
    ],
)
def test_a_topic_becomes_a_name(topic, type):
    assert event_of(Webhook_Id="1", Topic=topic).type == type


def test_the_time_is_the_triggers_or_else_the_objects():
    body = b'{"updated_at":"2026-11-24T10:00:00-05:00"}'
    assert event_of(body, Webhook_Id="1", Topic="orders/create").ts == 1_795_532_400_000
    at = "2027-01-15T08:00:00.987654321Z"
    assert event_of(body, Webhook_Id="1", Topic="orders/create", Triggered_At=at).ts == 1_800_000_000_988


def test_the_shop_and_the_test_marker_can_be_filtered_by():
    event = event_of(Webhook_Id="1", Topic="orders/create", Shop_Domain="a.myshopify.com", Test="true")
    assert event.attributes == {"shop": "a.myshopify.com", "test": "true"}


@pytest.mark.parametrize("headers", [{"Webhook_Id": "1"}, {}])
def test_without_a_topic_it_is_no_event(headers):
    with pytest.raises(PayloadError):
        event_of(**headers)


def test_without_its_id_a_webhook_is_known_by_its_body():
    first, again = event_of(b'{"id":1}', Topic="a/b"), event_of(b'{"id":1}', Topic="a/b")
    assert first.id == again.id != event_of(b'{"id":2}', Topic="a/b").id


def test_a_sample_is_in_the_real_shape():
    request = SHOPIFY.sample("orders.create", 1_800_000_000, "id-1")
    assert request.headers.get("X-Shopify-Topic") == "orders/create"
    assert request.json["line_items"]
