"""Calendly: invitees, routing forms, event types.

Seen 2026-11-24: https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures
"""

from __future__ import annotations

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature
from adapters.times import DAY


class Calendly(PlainAdapter):
    """Calendly sends no id of an event; a retry has the same bytes."""

    name = "calendly"
    title = "Calendly"
    docs = "https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures"
    scheme = HmacSignature(
        header="Calendly-Webhook-Signature",
        separator=",",
        version="v1",
        timestamp="t",
        signed="{timestamp}.{body}",
    )
    tolerance = 180  # of the page's own example
    retry_horizon = DAY
    key = "the SHA-256 of the body"
    first_sample = "invitee.created"
    fields = Fields(
        id="digest",
        type="body.event",
        time="body.created_at",
        attributes={"created_by": "body.created_by", "uri": "body.payload.uri"},
    )
    example = {
        "created_by": "https://api.calendly.com/users/AAAAAAAAAAAAAAAA",
        "payload": {
            "uri": "https://api.calendly.com/scheduled_events/BBBB/invitees/CCCC",
            "email": "zoe@example.com",
            "name": "Zoë",
            "status": "active",
        },
    }


adapter = Calendly
