"""Replicate: predictions and trainings; Standard Webhooks.

Seen 2026-11-24: replicate (PyPI) 1.0.7 webhook.py, https://replicate.com/docs/topics/webhooks/verify-webhook
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adapters.base import ParsedEvent, WebhookRequest
from adapters.fields import Fields
from adapters.places import walk
from adapters.plain import PlainAdapter
from adapters.standard import StandardSignature

_TIMES = ("completed_at", "started_at", "created_at")


class Replicate(PlainAdapter):
    """The body is the prediction itself and no event; its status is what happened."""

    name = "replicate"
    title = "Replicate"
    docs = "https://replicate.com/docs/topics/webhooks/verify-webhook"
    scheme = StandardSignature(family="webhook-")
    # The library takes any age unless it is told one; this is the scheme's own.
    tolerance = 300
    # Only the final webhook is retried, for about a minute: …/docs/topics/webhooks/receive-webhook
    retry_horizon = 300
    key = "the header webhook-id"
    first_sample = "prediction.succeeded"
    fields = Fields(
        id="header.webhook-id",
        type="body.status",
        time="|".join(f"body.{name}" for name in _TIMES),
        version="body.version",
        attributes={"prediction_id": "body.id", "model": "body.model"},
    )
    example = {
        "id": "ufawqhfynnddngldkgtslldrkq",
        "model": "replicate/hello-world",
        "version": "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa",
        "input": {"text": "Zoë"},
        "output": "hello Zoë",
        "error": None,
        "urls": {"get": "https://api.replicate.com/v1/predictions/ufawqhfynnddngldkgtslldrkq"},
    }

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        event = self.fields.event(request)
        return [replace(event, type=f"{_noun(request)}.{event.type}")]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        noun, _, status = type.partition(".")
        request = super().sample(status or "succeeded", now, id)
        return request.with_body(request.body.replace(b"/v1/predictions/", f"/v1/{noun}s/".encode()))


def _noun(request: WebhookRequest) -> str:
    url = walk(request.json, ("urls", "get"))
    return "training" if isinstance(url, str) and "/trainings/" in url else "prediction"


adapter = Replicate
