"""Segment: the Webhooks (Actions) destination.

Seen 2026-11-24: https://www.twilio.com/docs/segment/connections/destinations/catalog/actions-webhook
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from adapters.base import ParsedEvent, WebhookRequest
from adapters.batch import BatchAdapter
from adapters.fields import Fields
from adapters.plain import json_request
from adapters.schemes import HmacSignature
from adapters.times import DAY


class Segment(BatchAdapter):
    """One call in an object, or several in an array where the mapping batches. Segment signs no time."""

    name = "segment"
    title = "Segment"
    docs = "https://www.twilio.com/docs/segment/connections/destinations/catalog/actions-webhook"
    scheme = HmacSignature(header="X-Signature", algorithm="sha1")
    retry_horizon = DAY  # 4 hours by the docs of destinations (from memory)
    key = "messageId"
    first_sample = "track"
    items = "body"
    # `timestamp` comes from the clock of a browser or a phone, `receivedAt` from Segment's own.
    fields = Fields(
        id="item.messageId", type="item.type", time="item.receivedAt", version="item.version",
        attributes={"event": "item.event", "user_id": "item.userId", "source": "item.projectId"},
    )  # fmt: skip
    example_item: ClassVar[Mapping[str, Any]] = {
        "event": "Order Completed",
        "userId": "user_4711",
        "properties": {"order_id": "50314b8e", "total": 27.5},
        "context": {"library": {"name": "analytics.js"}},
    }

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        if isinstance(request.document, list):
            return super().parse(request)
        return [self.fields.event(request, request.json, request.json)]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        draft = self.fields.draft(type, now, id, {}, self.example_item)
        return json_request(self.name, draft.item, now)


adapter = Segment
