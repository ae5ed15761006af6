"""Shopify: webhooks of an app or of a store, and the deliveries of its newer Events subscriptions.

Seen 2026-11-24: @shopify/shopify-api 13.1.0 (npm), lib/webhooks/validate and lib/utils/hmac-validator;
https://shopify.dev/docs/apps/build/events/delivery-structure
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.base import ParsedEvent, VerificationError, WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature

_EVENTS = HmacSignature(header="Shopify-Hmac-Sha256", encoding="base64")
_EVENTS_FIELDS = Fields(
    id="header.Shopify-Webhook-Id|digest",
    type=("header.Shopify-Topic", "header.Shopify-Action"),
    time="header.Shopify-Triggered-At",
    version="header.Shopify-API-Version",
    attributes={
        "shop": "header.Shopify-Shop-Domain",
        "event_id": "header.Shopify-Event-Id",
        "handle": "header.Shopify-Handle",
    },
    words="lower",
)

_CUSTOMER = {"id": 706405506930370084, "email": "bob@example.com", "first_name": "Bob"}
_ORDER = {
    "id": 820982911946154508,
    "name": "#9999",
    "currency": "USD",
    "total_price": "409.94",
    "financial_status": "paid",
    "customer": _CUSTOMER,
    "line_items": [{"id": 866550311766439020, "sku": "IPOD2008PINK", "quantity": 1, "price": "199.00"}],
}
_HEADERS = {"X-Shopify-Shop-Domain": "example.myshopify.com", "X-Shopify-API-Version": "2026-10"}


class Shopify(PlainAdapter):
    """Shopify signs the body and no header: id, topic and time are only as good as the connection.

    Of a request with both signatures, that of Events counts; an empty body is refused. Both are as in
    Shopify's own library.
    """

    name = "shopify"
    title = "Shopify"
    docs = "https://shopify.dev/docs/apps/build/webhooks/verify-deliveries"
    scheme = HmacSignature(header="X-Shopify-Hmac-Sha256", encoding="base64")
    # Eight retries in four hours: https://shopify.dev/changelog/updates-to-webhook-retry-mechanism
    retry_horizon = 4 * 3600
    key = "the header X-Shopify-Webhook-Id (of Events: Shopify-Webhook-Id); else the digest of the body"
    first_sample = "orders.create"
    fields = Fields(
        id="header.X-Shopify-Webhook-Id|digest",
        type="header.X-Shopify-Topic",
        time="header.X-Shopify-Triggered-At|body.updated_at",
        version="header.X-Shopify-API-Version",
        attributes={
            "shop": "header.X-Shopify-Shop-Domain",
            "event_id": "header.X-Shopify-Event-Id",  # shared by all webhooks of one action of a merchant
            "test": "header.X-Shopify-Test",
        },
        words="lower",
    )
    examples = {"orders/*": _ORDER, "customers/*": _CUSTOMER}
    example = {"id": 788032119674292922, "admin_graphql_api_id": "gid://shopify/Product/788032119674292922"}

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: float) -> int:
        if not request.body:
            raise VerificationError("the body is empty; Shopify sends none that is")
        return _scheme(request).verify(request, secrets, now, None)

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        return [(_EVENTS_FIELDS if _is_of_events(request) else self.fields).event(request)]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        return super().sample(type.replace(".", "/", 1), now, id).with_headers(_HEADERS)

    def signed_bytes(self, request: WebhookRequest) -> bytes | None:
        return _scheme(request).signed_bytes(request)

    def expected(self, request: WebhookRequest, secret: str) -> str | None:
        return _scheme(request).expected(request, secret)


def _is_of_events(request: WebhookRequest) -> bool:
    return bool(request.headers.all("Shopify-Hmac-Sha256"))


def _scheme(request: WebhookRequest) -> HmacSignature:
    return _EVENTS if _is_of_events(request) else Shopify.scheme


adapter = Shopify
