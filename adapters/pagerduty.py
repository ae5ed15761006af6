"""PagerDuty: webhooks of version 3.

Seen 2026-11-24: PagerDuty/developer-docs, Webhooks (04-Signatures, 02-Behavior)
"""

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature
from adapters.times import DAY


class PagerDuty(PlainAdapter):
    """While a secret is being changed, both of them sign. Retries go on for up to 48 hours."""

    name = "pagerduty"
    title = "PagerDuty"
    docs = "https://developer.pagerduty.com/docs/webhooks/webhook-signatures/"
    scheme = HmacSignature(header="X-PagerDuty-Signature", separator=",", version="v1")
    retry_horizon = 2 * DAY
    key = "event.id"
    first_sample = "incident.triggered"
    fields = Fields(
        id="body.event.id",
        type="body.event.event_type",
        time="body.event.occurred_at",
        attributes={
            "resource": "body.event.resource_type",
            "service": "body.event.data.service.id",
            "subscription": "header.X-Webhook-Subscription",
        },
    )
    example = {
        "event": {
            "resource_type": "incident",
            "agent": {"id": "PLH1HKV", "type": "user_reference"},
            "data": {
                "id": "PGR0VU2",
                "type": "incident",
                "number": 2,
                "status": "triggered",
                "title": "A little bump in the road",
                "urgency": "high",
                "service": {"id": "PF9KMXH", "summary": "API", "type": "service_reference"},
            },
        }
    }


adapter = PagerDuty
