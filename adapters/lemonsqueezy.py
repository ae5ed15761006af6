"""Lemon Squeezy: webhooks of a store.

Seen 2026-11-24: https://docs.lemonsqueezy.com/help/webhooks/signing-requests
"""

from __future__ import annotations

from adapters.base import WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature

_META = {"test_mode": True, "custom_data": {"customer_id": "25"}}
_ORDER = {
    "type": "orders",
    "id": "1",
    "attributes": {
        "store_id": 1,
        "customer_id": 1,
        "identifier": "104e18a2-d755-4d4b-80c4-a6c1dcbe1c10",
        "order_number": 1,
        "currency": "USD",
        "total": 1199,
        "status": "paid",
        "test_mode": True,
    },
}
_SUBSCRIPTION = {
    "type": "subscriptions",
    "id": "1",
    "attributes": {"store_id": 1, "customer_id": 1, "product_name": "Lemonade", "status": "active"},
}


class LemonSqueezy(PlainAdapter):
    """Neither a time nor an id of the event: `meta.webhook_id` is the webhook's, the same in all its events.

    The signed name in the body goes before the one in the header, which is not signed.
    """

    name = "lemonsqueezy"
    title = "Lemon Squeezy"
    docs = "https://docs.lemonsqueezy.com/help/webhooks/signing-requests"
    scheme = HmacSignature(header="X-Signature")
    # Three retries, after 5, 25 and 125 seconds: https://docs.lemonsqueezy.com/help/webhooks/webhook-requests
    retry_horizon = 155
    key = "the digest of the body: the provider sends no id"
    first_sample = "order_created"
    fields = Fields(
        id="digest",
        type="body.meta.event_name|header.X-Event-Name",
        time="body.data.attributes.updated_at|body.data.attributes.created_at",
        attributes={
            "test_mode": "body.meta.test_mode",
            "store_id": "body.data.attributes.store_id",
            "webhook_id": "body.meta.webhook_id",
        },
    )
    examples = {"subscription_*": {"meta": _META, "data": _SUBSCRIPTION}}
    example = {"meta": _META, "data": _ORDER}

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        return super().sample(type, now, id).with_headers({"X-Event-Name": type})


adapter = LemonSqueezy
