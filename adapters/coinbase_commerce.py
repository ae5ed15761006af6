"""Coinbase Commerce: webhooks.

Seen 2026-11-24: coinbase-commerce 1.0.1 (PyPI), coinbase_commerce/webhook.py.
"""

from __future__ import annotations

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature
from adapters.times import DAY

_CHARGE = {
    "id": "f765421f2-1451-fafb-a513-aac6c819fba9",
    "resource": "charge",
    "code": "66BEOV2A",
    "name": "The Sovereign Individual",
    "pricing_type": "fixed_price",
    "pricing": {"local": {"amount": "100.00", "currency": "USD"}},
}


class CoinbaseCommerce(PlainAdapter):
    """The outer `id` and `attempt_number` are the attempt's; the event's own id is inside."""

    name = "coinbase_commerce"
    title = "Coinbase Commerce"
    docs = "https://docs.cdp.coinbase.com/commerce/api-arcitecture/webhooks-security"
    scheme = HmacSignature(header="X-CC-Webhook-Signature")
    # With growing delays for up to three days: docs, webhooks-overview
    retry_horizon = 3 * DAY
    key = "event.id"
    first_sample = "charge.created"
    fields = Fields(
        id="body.event.id",
        type="body.event.type",
        time="body.event.created_at",
        version="body.event.api_version",
        attributes={"attempt_number": "body.attempt_number", "charge_code": "body.event.data.code"},
        words="lower",
    )
    example = {
        "id": 1,
        "attempt_number": 1,
        "event": {"resource": "event", "api_version": "2018-03-22", "data": _CHARGE},
    }


adapter = CoinbaseCommerce
