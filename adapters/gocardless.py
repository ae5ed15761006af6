"""GoCardless: webhooks, each with up to 250 events.

Seen 2026-11-24: gocardless_pro 3.22.0 (PyPI), gocardless_pro/webhooks.py.
"""

from __future__ import annotations

from adapters.batch import BatchAdapter
from adapters.fields import Fields
from adapters.schemes import HmacSignature
from adapters.times import DAY


class GoCardless(BatchAdapter):
    """The events of one webhook are in no order. It is sent again whole, and its events keep their ids."""

    name = "gocardless"
    title = "GoCardless"
    docs = "https://developer.gocardless.com/getting-started/stay-up-to-date-with-webhooks-v2/"
    scheme = HmacSignature(header="Webhook-Signature")
    # Up to eight retries over some days, their times not documented.
    retry_horizon = 3 * DAY
    key = "events[].id"
    first_sample = "mandates.cancelled"
    items = "body.events"
    fields = Fields(
        id="item.id",
        type=("item.resource_type", "item.action"),
        time="item.created_at",
        attributes={"webhook_id": "body.meta.webhook_id", "organisation": "item.links.organisation"},
    )
    example = {"meta": {"webhook_id": "WB123"}}
    examples = {
        "mandates.*": {
            "links": {"mandate": "MD123"},
            "details": {"origin": "bank", "cause": "bank_account_closed", "scheme": "bacs"},
            "metadata": {},
        },
        "payments.*": {
            "links": {"payment": "PM123"},
            "details": {"origin": "gocardless", "cause": "payment_confirmed", "scheme": "bacs"},
            "metadata": {},
        },
    }
    example_item = {"links": {}, "details": {"origin": "gocardless"}, "metadata": {}}


adapter = GoCardless
