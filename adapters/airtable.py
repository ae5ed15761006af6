"""Airtable: notifications that a base has changed; the changes themselves are fetched with Airtable's API.

Seen 2026-11-24: https://airtable.com/developers/web/api/webhooks-overview (from memory; the header also
in the catalogue of triggerdotdev/trigger.dev)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature


class Airtable(PlainAdapter):
    """The secret is `macSecretBase64`, told once, when the webhook is made."""

    name = "airtable"
    title = "Airtable"
    docs = "https://airtable.com/developers/web/api/webhooks-overview"
    scheme = HmacSignature(header="X-Airtable-Content-MAC", prefix="hmac-sha256=", secret_encoding="base64")
    retry_horizon = 7 * 86_400  # unread changes are kept for seven days
    key = "a digest of the webhook's id and the time of the notification"
    first_sample = "webhook.notification"
    fields = Fields(
        id="digest:body.webhook.id,body.timestamp", type="=webhook.notification", time="body.timestamp",
        attributes={"base_id": "body.base.id", "webhook_id": "body.webhook.id"},
    )  # fmt: skip
    example: ClassVar[Mapping[str, Any]] = {
        "base": {"id": "app00000000000000"},
        "webhook": {"id": "ach00000000000000"},
    }


adapter = Airtable
