"""Linear: webhooks of a workspace or an app.

Seen 2026-11-24: @linear/sdk 98.0.0 (`webhooks`), which trusts the time in the body and no header.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.base import VerificationError, WebhookRequest, reading_proof
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature
from adapters.times import DAY


class Linear(PlainAdapter):
    """Each attempt is signed anew, with a time of its own. Three retries: a minute, an hour, six hours."""

    name = "linear"
    title = "Linear"
    docs = "https://linear.app/developers/webhooks#securing-webhooks"
    scheme = HmacSignature(header="Linear-Signature", timestamp="body.webhookTimestamp", timestamp_unit="ms")
    tolerance = 60
    retry_horizon = DAY
    key = "the header Linear-Delivery"
    first_sample = "issue.create"
    fields = Fields(
        # Without the header: what all attempts have in common, since the body's webhookTimestamp differs.
        id="header.Linear-Delivery|digest:body.webhookId,body.type,body.action,body.createdAt,body.data",
        type=("body.type", "body.action"),
        time="body.createdAt",
        words="snake",
        attributes={"organization": "body.organizationId", "webhook": "body.webhookId", "url": "body.url"},
        # For samples: `words` alone would not find the way back.
        rename={"Issue": "issue", "Comment": "comment", "Project": "project", "IssueLabel": "issue_label"},
    )
    example = {
        "organizationId": "b3d5a2a2-6f5f-4c3e-9d3e-2f0f3d6a5b11",
        "webhookId": "000042e3-d123-4980-b49f-8e140eef9329",
        "data": {"id": "2174add1-f7c8-44e3-bbf3-2d60b5ea8bc9", "title": "It broke", "priority": 1},
        "url": "https://linear.app/acme/issue/ACM-1",
    }

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: float) -> int:
        """As declared; and the time must be a number, as Linear's own library has it."""
        index = super().verify(request, secrets, now)
        with reading_proof():
            stamp = request.json.get("webhookTimestamp")
        if not isinstance(stamp, int):
            raise VerificationError("webhookTimestamp is not a whole number")
        return index


adapter = Linear
