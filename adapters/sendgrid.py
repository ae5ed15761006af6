"""SendGrid: the Event Webhook, signed.

Seen 2026-11-24: sendgrid (PyPI) 6.12.5 and @sendgrid/eventwebhook (npm) 8.0.0, which both leave the age open.
"""

from __future__ import annotations

from adapters.asymmetric import EcdsaSignature
from adapters.batch import BatchAdapter
from adapters.fields import Fields
from adapters.times import DAY


class SendGrid(BatchAdapter):
    """The time and the raw body, its final line break included, with ECDSA; the secret is the public key."""

    name = "sendgrid"
    title = "SendGrid"
    docs = (
        "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/"
        "getting-started-event-webhook-security-features"
    )
    scheme = EcdsaSignature(
        header="X-Twilio-Email-Event-Webhook-Signature",
        timestamp="X-Twilio-Email-Event-Webhook-Timestamp",
        signed="{timestamp}{body}",
    )
    tolerance = 300  # our choice
    retry_horizon = DAY
    key = "sg_event_id of each event"
    first_sample = "delivered"
    items = "body"
    # Of an event without an id, the digest; nothing that came is lost.
    fields = Fields(
        id="item.sg_event_id|digest",
        type="item.event",
        time="item.timestamp",
        time_unit="s",
        attributes={"sg_message_id": "item.sg_message_id"},
    )
    example_item = {
        "email": "zoe@example.com",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "category": ["welcome"],
    }


adapter = SendGrid
