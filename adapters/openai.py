"""OpenAI: responses, batches, fine-tuning and eval runs, calls; Standard Webhooks.

Seen 2026-11-24: openai (PyPI) 3.57.0 lib/_webhooks.py
"""

from __future__ import annotations

from dataclasses import dataclass

from adapters.base import WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.standard import StandardSignature
from adapters.times import DAY


@dataclass(frozen=True)
class OpenAISignature(StandardSignature):
    """OpenAI's library also takes a signature without its version; so do we."""

    family: str = "webhook-"

    def signatures(self, text: str) -> list[bytes]:
        return [item if b"," in item else b"v1," + item for item in super().signatures(text)]


class OpenAI(PlainAdapter):
    """A request that holds no id of an event is known by its message's."""

    name = "openai"
    title = "OpenAI"
    docs = "https://platform.openai.com/docs/guides/webhooks"
    scheme = OpenAISignature()
    tolerance = 300
    retry_horizon = 3 * DAY  # "up to 72 hours": the guide
    key = "id, else the header webhook-id"
    first_sample = "response.completed"
    fields = Fields(id="body.id|header.webhook-id", type="body.type", time="body.created_at", time_unit="s")
    example = {"object": "event", "data": {"id": "resp_68b7a1c2d3e4"}}
    examples = {
        "batch.*": {"object": "event", "data": {"id": "batch_68b7a1c2d3e4"}},
        "fine_tuning.*": {"object": "event", "data": {"id": "ftjob-68b7a1c2d3e4"}},
        "realtime.call.*": {"object": "event", "data": {"call_id": "rtc_68b7a1c2d3e4", "sip_headers": []}},
    }

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        request = super().sample(type, now, id)
        return request.with_headers({"webhook-id": f"wh_{id}"})


adapter = OpenAI
