"""Intercom: webhooks of an app.

Seen 2026-11-24: hookdeck/webhook-skills (intercom) for the signature, docs.tealium.com for the fields,
https://developers.intercom.com/docs/webhooks
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.base import Reply, WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature


class Intercom(PlainAdapter):
    """HMAC-SHA1, keyed with the app's client secret. One retry after a minute."""

    name = "intercom"
    title = "Intercom"
    docs = "https://developers.intercom.com/docs/webhooks/setting-up-webhooks#signed-notifications"
    scheme = HmacSignature(header="X-Hub-Signature", prefix="sha1=", algorithm="sha1")
    retry_horizon = 3600
    key = "id; a ping has none: the SHA-256 of the body"
    first_sample = "conversation.user.created"
    fields = Fields(
        id="body.id|digest",
        type="body.topic",
        time="body.created_at",
        time_unit="s",
        attributes={"app": "body.app_id", "attempts": "body.delivery_attempts"},
    )
    example = {
        "type": "notification_event",
        "app_id": "a86dr8yl",
        "data": {"type": "notification_event_data", "item": {"type": "conversation", "id": "4711"}},
        "delivery_status": "pending",
        "delivery_attempts": 1,
        "delivered_at": 0,
        "self": None,
    }

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        """Intercom asks with HEAD whether the address is there, when it is entered."""
        return Reply(200) if request.method == "HEAD" else None


adapter = Intercom
