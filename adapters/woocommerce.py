"""WooCommerce: webhooks of a shop.

Seen 2026-11-24: class-wc-webhook.php of woocommerce at 00e1bc4d (generate_signature, deliver, deliver_ping).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from adapters.base import ParsedEvent, Reply, WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature

_PING = re.compile(rb"webhook_id=\d{1,20}")
# What WordPress's wp_specialchars_decode() makes of a text by default: no quotes, one pass.
_ENTITY = re.compile(rb"&(?:(lt|#0*60)|(gt|#0*62)|(?:amp|#0*38|#[xX]0*26));")


def _unescaped(secret: bytes) -> bytes:
    return _ENTITY.sub(lambda found: b"<" if found[1] else b">" if found[2] else b"&", secret)


class WooCommerce(PlainAdapter):
    """The key is the secret with its HTML entities decoded, as WordPress decodes them.

    The delivery id has a resolution of one second, so two deliveries of one webhook can share it; together
    with the body it tells them apart. WooCommerce never sends a delivery again.
    """

    name = "woocommerce"
    title = "WooCommerce"
    docs = "https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks"
    scheme = HmacSignature(header="X-WC-Webhook-Signature", encoding="base64", derive=_unescaped)
    retry_horizon = 0
    key = "the header X-WC-Webhook-Delivery-ID with the digest of the body"
    first_sample = "order.created"
    fields = Fields(
        id="header.X-WC-Webhook-Delivery-ID|digest",
        type="header.X-WC-Webhook-Topic",
        time="body.date_modified_gmt",
        attributes={"shop": "header.X-WC-Webhook-Source", "webhook_id": "header.X-WC-Webhook-ID"},
    )
    example = {"id": 727, "status": "processing", "currency": "USD", "total": "29.35"}

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        """The ping of a new webhook: unsigned, `webhook_id=1` as a form, which must hear 200 and no other."""
        signed = bool(request.headers.all("X-WC-Webhook-Signature"))
        is_ping = request.method == "POST" and not signed and _PING.fullmatch(request.body)
        return Reply(200) if is_ping else None

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        event = self.fields.event(request)
        return [replace(event, key=sha256(f"{event.id}\n".encode() + request.body).hexdigest())]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        resource, _, event = type.partition(".")
        headers = {"Resource": resource, "Event": event, "ID": "1", "Source": "https://shop.example/"}
        return (
            super().sample(type, now, id).with_headers({f"X-WC-Webhook-{k}": v for k, v in headers.items()})
        )


adapter = WooCommerce
