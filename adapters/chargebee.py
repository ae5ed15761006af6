"""Chargebee: webhooks of a site.

Seen 2026-11-24: https://apidocs.chargebee.com/docs/api/events; chargebee (npm), README, "Handle webhooks".
"""

from __future__ import annotations

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import BasicAuth
from adapters.times import DAY

_SUBSCRIPTION = {
    "id": "__test__KyVnHhSBWlC1T2cj",
    "customer_id": "__test__KyVnHhSBWlC1T2cj",
    "status": "active",
    "currency_code": "USD",
    "object": "subscription",
}


class Chargebee(PlainAdapter):
    """Chargebee signs nothing: it sends the user name and the password that the webhook is given."""

    name = "chargebee"
    title = "Chargebee"
    docs = "https://www.chargebee.com/docs/2.0/webhook_settings.html"
    scheme = BasicAuth()
    # "The last retry is around 3 days and 7 hours after the event": https://apidocs.chargebee.com/docs/api/events
    retry_horizon = 3 * DAY + 7 * 3600
    key = "id"
    first_sample = "subscription_created"
    fields = Fields(
        id="body.id",
        type="body.event_type",
        time="body.occurred_at",
        version="body.api_version",
        attributes={"source": "body.source"},
    )
    example = {
        "object": "event",
        "source": "admin_console",
        "api_version": "v2",
        "webhook_status": "scheduled",
        "content": {"subscription": _SUBSCRIPTION},
    }


adapter = Chargebee
