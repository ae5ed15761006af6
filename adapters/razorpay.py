"""Razorpay: webhooks of an account.

Seen 2026-11-24: razorpay 2.0.1 (PyPI), utility/utility.py; https://razorpay.com/docs/webhooks/validate-test/
"""

from __future__ import annotations

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature
from adapters.times import DAY

_PAYMENT = {
    "id": "pay_DESlfW9H8K9uqM",
    "entity": "payment",
    "amount": 100,
    "currency": "INR",
    "status": "captured",
    "order_id": "order_DESlLckIVRkHWj",
    "method": "netbanking",
    "captured": True,
}


class Razorpay(PlainAdapter):
    """The secret is the webhook's, not the API key's.

    After a change of the secret, Razorpay signs retries of older events with the old one: keep both for
    a day at least.
    """

    name = "razorpay"
    title = "Razorpay"
    docs = "https://razorpay.com/docs/webhooks/validate-test/"
    scheme = HmacSignature(header="X-Razorpay-Signature")
    # Retries for 24 hours, then the webhook is disabled: https://razorpay.com/docs/webhooks/best-practices/
    retry_horizon = DAY
    key = "the header x-razorpay-event-id; where it is missing, the digest of the body"
    first_sample = "payment.captured"
    fields = Fields(
        id="header.X-Razorpay-Event-Id|digest",
        type="body.event",
        time="body.created_at",
        attributes={"account_id": "body.account_id"},
    )
    examples = {
        "payment.*": {
            "entity": "event",
            "account_id": "acc_BFQ7uQEaa7j2z7",
            "contains": ["payment"],
            "payload": {"payment": {"entity": _PAYMENT}},
        }
    }
    example = {"entity": "event", "account_id": "acc_BFQ7uQEaa7j2z7", "contains": [], "payload": {}}


adapter = Razorpay
