"""Xero: webhooks of an app.

Seen 2026-11-24: https://developer.xero.com/documentation/webhooks/configuring-your-server
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.base import Reply, WebhookRequest
from adapters.batch import BatchAdapter
from adapters.fields import Fields
from adapters.schemes import HmacSignature
from adapters.times import DAY


class Xero(BatchAdapter):
    """Before a webhook is switched on, Xero sends some without events, signed rightly and wrongly.

    The right ones must hear 200 ("intent to receive") and the wrong ones 401. An answer may have no body.
    """

    name = "xero"
    title = "Xero"
    docs = "https://developer.xero.com/documentation/webhooks/overview"
    scheme = HmacSignature(header="x-xero-signature", encoding="base64")
    # Retries for 24 hours, then the webhook is disabled.
    retry_horizon = DAY
    key = "the digest of tenantId, resourceId, eventCategory, eventType and eventDateUtc"
    first_sample = "invoice.update"
    items = "body.events"
    fields = Fields(
        id="digest:item.tenantId,item.resourceId,item.eventCategory,item.eventType,item.eventDateUtc",
        type=("item.eventCategory", "item.eventType"),
        time="item.eventDateUtc",
        attributes={"tenant_id": "item.tenantId", "resource_id": "item.resourceId"},
        words="lower",
    )
    example = {"firstEventSequence": 1, "lastEventSequence": 1, "entropy": "S0m3r4Nd0mt3xt"}
    example_item = {
        "resourceUrl": "https://api.xero.com/api.xro/2.0/Invoices/717f2bfc-c6d4-41fd-b238-3f2f0c0cf777",
        "tenantType": "ORGANISATION",
    }

    def challenge(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        return Reply(200) if request.json.get("events") == [] else None

    def reply(self, request: WebhookRequest) -> Reply:
        return Reply(200)

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        category, _, event = type.partition(".")
        return super().sample(f"{category.upper()}.{event.capitalize()}", now, id)


adapter = Xero
