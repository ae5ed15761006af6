"""Notion: webhook subscriptions of an integration.

Seen 2026-11-24: @notionhq/client 5.26.0 (`webhooks.js`), https://developers.notion.com/reference/webhooks
"""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_urlsafe

from adapters.base import PayloadError, Reply, WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.setup import SetupSignature, in_setup
from adapters.times import DAY


class NotionSignature(SetupSignature):
    """The key is the subscription's verification token."""

    def generate_secret(self) -> str:
        return "secret_" + token_urlsafe(32)


class Notion(PlainAdapter):
    """Up to eight attempts over a day, all with one id. A payload holds ids only; fetch the rest."""

    name = "notion"
    title = "Notion"
    docs = "https://developers.notion.com/reference/webhooks#step-3-validating-event-payloads-recommended"
    scheme = NotionSignature(header="X-Notion-Signature", prefix="sha256=")
    retry_horizon = 2 * DAY
    key = "id"
    first_sample = "page.content_updated"
    fields = Fields(
        id="body.id",
        type="body.type",
        time="body.timestamp",
        attributes={
            "workspace": "body.workspace_id",
            "subscription": "body.subscription_id",
            "attempt": "body.attempt_number",
        },
    )
    example = {
        "workspace_id": "13950b26-c203-4f3b-b97d-93ec06319565",
        "subscription_id": "29d75c0d-5546-4414-8459-7b7a92f1fc4b",
        "integration_id": "0ef2e755-4912-8096-91c1-00376a88a5ca",
        "authors": [{"id": "c7c11cca-1d73-471d-9b6e-bdef51470190", "type": "person"}],
        "attempt_number": 1,
        "entity": {"id": "153104cd-477e-809d-8dc4-ff2d96ae3090", "type": "page"},
        "data": {"updated_blocks": [{"id": "153104cd-477e-80c0-a2f8-d2fa1c2a6e0c", "type": "block"}]},
    }

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        """The request that tells the verification token: unsigned, so that a stranger may have sent it."""
        if request.method != "POST" or request.headers.all("X-Notion-Signature"):
            return None
        try:
            document = request.json
        except PayloadError:
            return None
        token = document.get("verification_token")
        if not isinstance(token, str) or set(document) != {"verification_token"}:
            return None
        return Reply(200) if in_setup(secrets, token) else None


adapter = Notion
