"""The ping of WooCommerce, and what makes a duplicate; the rest is in the vectors."""

import pytest

import adapters
from adapters.base import Headers, Reply, WebhookRequest

WOO = adapters.load("woocommerce")()
SECRETS = ["a secret"]


def post(body: bytes, method: str = "POST", **headers: str) -> WebhookRequest:
    named = {f"X-WC-Webhook-{name.replace('_', '-')}": value for name, value in headers.items()}
    return WebhookRequest(method, "https://gateway.example/", Headers.of(named), body, 0)


def test_the_ping_hears_200_and_nothing_else():
    assert WOO.handshake(post(b"webhook_id=12"), SECRETS) == Reply(200)


@pytest.mark.parametrize(
    "request_",
    [
        post(b"webhook_id=12", Signature="x"),  # signed: it has to prove itself
        post(b"webhook_id=12", method="GET"),
        post(b"webhook_id=12\n"),
        post(b"webhook_id=1&webhook_id=2"),
        post(b"webhook_id="),
        post(b'{"webhook_id":12}'),
        post(b""),
    ],
)
def test_what_only_looks_like_a_ping_must_be_signed(request_):
    assert WOO.handshake(request_, SECRETS) is None


def test_two_deliveries_of_one_second_are_told_apart():
    def key(body: bytes, delivery: str = "d1") -> str:
        [event] = WOO.parse(post(body, Topic="order.updated", Delivery_ID=delivery))
        return event.key

    assert key(b'{"id":1}') == key(b'{"id":1}')
    assert key(b'{"id":1}') != key(b'{"id":2}')
    assert key(b'{"id":1}') != key(b'{"id":1}', "d2")


def test_a_deletion_has_no_time():
    [event] = WOO.parse(post(b'{"id":1}', Topic="order.deleted", Delivery_ID="d1"))
    assert (event.id, event.type, event.ts) == ("d1", "order.deleted", None)
