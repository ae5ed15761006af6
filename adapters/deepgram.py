"""Deepgram: results that are posted to the `callback` of a request.

Seen 2026-11-24: https://developers.deepgram.com/docs/callback and the changelog of 2026-10-27, which no
longer counts on the header `dg-token`, the API key's identifier, and recommends
credentials in the callback's URL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from adapters.base import ParsedEvent, Scheme, WebhookRequest
from adapters.fields import Fields
from adapters.places import walk
from adapters.plain import PlainAdapter
from adapters.schemes import BasicAuth, SharedToken

_ABOUT = {"request_id": "body.metadata.request_id|body.request_id"}
_TIME = "body.metadata.created"
# Of a live stream one request sends many results, under one request_id.
_STREAM = Fields(id="digest", type="body.type", time=_TIME, words="snake", attributes=_ABOUT)
_FAILURE = Fields(id="body.request_id|digest", type="=request.failed", attributes=_ABOUT)
_ANALYSIS = Fields(id="body.metadata.request_id", type="=analysis.completed", time=_TIME, attributes=_ABOUT)


_BASIC, _TOKEN = BasicAuth(), SharedToken(header="dg-token")


@dataclass(frozen=True)
class CallbackAuth(BasicAuth):
    """A secret `user:password` comes as Basic credentials; one without a colon is the older `dg-token`."""

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        if request.headers.all("authorization"):
            return _BASIC.verify(request, secrets, now, tolerance)
        tokens = ["" if ":" in secret else secret for secret in secrets]
        return _TOKEN.verify(request, tokens, now, tolerance)

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        return self._of(secret).sign(request, secret, now)

    def check_secret(self, secret: str) -> None:
        self._of(secret).check_secret(secret)

    def secret_headers(self) -> frozenset[str]:
        return _BASIC.secret_headers() | _TOKEN.secret_headers()

    def _of(self, secret: str) -> Scheme:
        return _BASIC if ":" in secret else _TOKEN


class Deepgram(PlainAdapter):
    """A callback has no type of its own: the names say which of Deepgram's answers it is."""

    name = "deepgram"
    title = "Deepgram"
    docs = "https://developers.deepgram.com/docs/callback"
    scheme = CallbackAuth()
    retry_horizon = 3600  # "up to 10 times, 30 seconds apart"
    key = "metadata.request_id; of a live stream's many results the SHA-256 of the body"
    first_sample = "transcription.completed"
    fields = Fields(
        id="body.metadata.request_id", type="=transcription.completed", time=_TIME, attributes=_ABOUT
    )
    example = {
        "metadata": {
            "sha256": "5324da68ede209a16ac69a38e8cd29cee4d754434a041166cda3a1f5e0b24566",
            "channels": 1,
        },
        "results": {"channels": [{"alternatives": [{"transcript": "hello", "confidence": 0.99}]}]},
    }

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        return [_fields(request).event(request)]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        request = super().sample(type, now, id)
        others = {
            "analysis.completed": {"metadata": request.json["metadata"], "results": {"summary": {}}},
            "request.failed": {"request_id": id, "err_code": "REMOTE_CONTENT_ERROR", "err_msg": "no audio"},
        }
        return request.with_body(orjson.dumps(others[type])) if type in others else request


def _fields(request: WebhookRequest) -> Fields:
    document = request.json
    if isinstance(document.get("type"), str):
        return _STREAM
    if "err_code" in document:
        return _FAILURE
    return Deepgram.fields if walk(document, ("results", "channels")) is not None else _ANALYSIS


adapter = Deepgram
