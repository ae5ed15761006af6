"""Standard Webhooks, and everyone who signs by it: Svix, Clerk, Resend, OpenAI, Replicate, Render …"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import field_validator

from adapters.base import Adapter, Options, ParsedEvent, PayloadError, WebhookRequest, short_text
from adapters.fields import Draft, Place, type_path
from adapters.plain import json_request
from adapters.standard import StandardSignature, header_family
from adapters.times import event_time

# Seconds between the attempts that the specification recommends: 5 s, 5 min, 30 min, 2, 5, 10, 14, 20, 24 h.
_SCHEDULE = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)


class StandardOptions(Options):
    """`type`: where the event's type is, for a sender that does not put it at `body.type`."""

    type: str = "body.type"

    @field_validator("type")
    @classmethod
    def _check_type(cls, text: str) -> str:
        type_path(text)
        return text


class StandardWebhooks(Adapter):
    """The id is the signed message id, which stays the same over all attempts."""

    name = "standard_webhooks"
    title = "Standard Webhooks"
    docs = "https://www.standardwebhooks.com"
    scheme = StandardSignature()
    tolerance = 300
    retry_horizon = sum(_SCHEDULE)
    key = "the header webhook-id or svix-id"
    first_sample = "user.created"
    Options = StandardOptions
    options: StandardOptions

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        self._type: Place = type_path(self.options.type)

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        family, document = header_family(request.headers), request.json
        times = (document.get("timestamp"), document.get("created_at"), _only(request, family + "timestamp"))
        return [
            ParsedEvent(
                id=short_text(_only(request, family + "id"), f"the header {family}id"),
                type=short_text(self._type.read(request, document), f"the event type at {self.options.type}"),
                payload=document,
                ts=next((ts for ts in map(event_time, times) if ts is not None), None),
            )
        ]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        draft = Draft({"webhook-id": id}, {"timestamp": datetime.fromtimestamp(now, UTC).isoformat()})
        self._type.write(draft, type)
        draft.document["data"] = draft.document.get("data") or {"id": f"obj_{id}"}
        return json_request(self.name, draft.document, now, draft.headers)


def _only(request: WebhookRequest, name: str) -> str | None:
    values = request.headers.all(name)
    if len(values) > 1:
        raise PayloadError(f"the header {name} came {len(values)} times")
    return values[0].decode("latin-1") if values else None


adapter = StandardWebhooks
