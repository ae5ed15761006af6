"""Anthropic: events of Claude's managed agents; Standard Webhooks.

Seen 2026-11-24: anthropic (PyPI) 2.13.0 resources/beta/webhooks.py, whose `unwrap` verifies with the package
standardwebhooks, and types/beta/beta_webhook_event.py for the body. The page `docs` speaks of a header
X-Webhook-Signature; the library and the API reference read the headers `webhook-…`, and so does this.
"""

from __future__ import annotations

from adapters.base import WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.standard import SVIX_RETRIES, StandardSignature


class Anthropic(PlainAdapter):
    """`type` is always `event`; what happened is in `data.type`. The object itself is to be fetched."""

    name = "anthropic"
    title = "Anthropic"
    docs = "https://platform.claude.com/docs/en/managed-agents/webhooks"
    scheme = StandardSignature(family="webhook-")
    tolerance = 300
    retry_horizon = SVIX_RETRIES  # Anthropic states none; that of the scheme's usual sender
    key = "id"
    first_sample = "session.status_idled"
    fields = Fields(
        id="body.id",
        type="body.data.type",
        time="body.created_at",
        attributes={"organization_id": "body.data.organization_id", "workspace_id": "body.data.workspace_id"},
    )
    example = {
        "type": "event",
        "data": {
            "id": "sesn_011CZkZAtmR3yMPDzynEDxu7",
            "organization_id": "0f5b1d9e-3c0a-4d5f-8a57-0c1b6a3f2e10",
            "workspace_id": "wrkspc_011CZkZAtmR3",
        },
    }

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        return super().sample(type, now, id).with_headers({"webhook-id": f"msg_{id}"})


adapter = Anthropic
