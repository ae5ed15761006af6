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
from adapters.standard import SVIX_RETRIES, StandardSignature

_TIMES = ("completed_at", "started_at", "created_at")


class Replicate(PlainAdapter):
    """The body is the prediction itself and no event; its status is what happened."""

    name = "replicate"
    title = "Replicate"
    docs = "https://replicate.com/docs/topics/webhooks/verify-webhook"
    scheme = StandardSignature(family="webhook-")
    # The library takes any age unless it is told one; this is the scheme's own.
    tolerance = 300
    # "start", "output" and "logs" are sent once, "completed" is retried: their schedule is not published.
    retry_horizon = SVIX_RETRIES
    key = "the header webhook-id"
    first_sample = "prediction.succeeded"
    fields = Fields(
        id="header.webhook-id",
        type=("=prediction", "body.status"),
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
        if _is_training(request):
            event = replace(event, type="training." + event.type.removeprefix("prediction."))
        return [event]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        request = super().sample(type, now, id)
        if not type.startswith("training."):
            return request
        return request.with_body(request.body.replace(b"/v1/predictions/", b"/v1/trainings/"))


def _is_training(request: WebhookRequest) -> bool:
    url = walk(request.json, ("urls", "get"))
    return isinstance(url, str) and "/trainings/" in url


adapter = Replicate
