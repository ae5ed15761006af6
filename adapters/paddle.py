"""Paddle Billing: notifications. (Paddle Classic signs otherwise and is not this.)

Seen 2026-11-24: paddle-python-sdk 1.16.1 (PyPI), Notifications/PaddleSignature.py and Verifier.py.
"""

from __future__ import annotations

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature
from adapters.times import DAY

_SUBSCRIPTION = {
    "id": "sub_01hv8x29kz0t586xy6zn1a62ny",
    "status": "active",
    "customer_id": "ctm_01hv6y1jedq4p1n0yqn5ba3ky4",
    "currency_code": "USD",
    "collection_mode": "automatic",
    "items": [{"status": "active", "quantity": 1, "price": {"id": "pri_01gsz8x8sawmvhz1pv30nge1ke"}}],
}
_TRANSACTION = {
    "id": "txn_01hv8wptq8987qeep44cyrewp9",
    "status": "completed",
    "customer_id": "ctm_01hv6y1jedq4p1n0yqn5ba3ky4",
    "currency_code": "USD",
    "details": {"totals": {"total": "3311", "currency_code": "USD"}},
}


class Paddle(PlainAdapter):
    """While a secret is being changed, the header holds an `h1` for each; any of them will do.

    Each attempt is signed anew, so that the tolerance of five seconds, Paddle's own, stands against retries.
    """

    name = "paddle"
    title = "Paddle Billing"
    docs = "https://developer.paddle.com/webhooks/signature-verification"
    scheme = HmacSignature(
        header="Paddle-Signature", separator=";", version="h1", timestamp="ts", signed="{timestamp}:{body}"
    )
    tolerance = 5
    # 60 retries in three days: https://developer.paddle.com/webhooks/respond-to-webhooks
    retry_horizon = 3 * DAY
    key = "event_id"
    first_sample = "subscription.created"
    fields = Fields(
        id="body.event_id",
        type="body.event_type",
        time="body.occurred_at",
        attributes={"notification_id": "body.notification_id"},
    )
    examples = {
        "subscription.*": {"notification_id": "ntf_01hv8x2acma2gz7he8kg2s0hna", "data": _SUBSCRIPTION},
        "transaction.*": {"notification_id": "ntf_01hv8x2acma2gz7he8kg2s0hna", "data": _TRANSACTION},
    }
    example = {"notification_id": "ntf_01hv8x2acma2gz7he8kg2s0hna", "data": {"status": "active"}}

    def generate_secret(self) -> str:
        return "pdl_ntfset_" + super().generate_secret()


adapter = Paddle
