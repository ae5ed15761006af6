"""Dropbox: a ping that something has changed in some accounts.

Seen 2026-11-24: https://www.dropbox.com/developers/reference/webhooks (the scheme also in the catalogue of
triggerdotdev/trigger.dev; the handshake from memory)
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

from adapters.base import MAX_HEADER, Adapter, ParsedEvent, PayloadError, Reply, WebhookRequest
from adapters.plain import json_request
from adapters.schemes import HmacSignature

_TEXT = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}


class Dropbox(Adapter):
    """A ping has no id, and the next one may be the same to the byte: each is an event of its own."""

    name = "dropbox"
    title = "Dropbox"
    docs = "https://www.dropbox.com/developers/reference/webhooks"
    scheme = HmacSignature(header="X-Dropbox-Signature")
    retry_horizon = 600  # ten minutes of retries (from memory)
    key = "none: each ping is new, since two of them may be the same; a retry is one more ping"
    first_sample = "list_folder"

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        query = urlsplit(request.url).query if request.method == "GET" else ""
        challenges = parse_qs(query).get("challenge", []) if len(query) <= MAX_HEADER else []
        return Reply(200, challenges[0].encode("utf-8", "replace"), _TEXT) if len(challenges) == 1 else None

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        document = request.json
        if not isinstance(document.get("list_folder"), dict) and not isinstance(document.get("delta"), dict):
            raise PayloadError("the body holds neither 'list_folder' nor 'delta'")
        moment = f"|{request.received_at}".encode()
        id = sha256(request.body + moment).hexdigest()
        return [ParsedEvent(id=id, type="list_folder", payload=document)]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        document = {
            "list_folder": {"accounts": ["dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc", f"dbid:{id}"]},
            "delta": {"users": [12345678]},
        }
        return json_request(self.name, document, now)


adapter = Dropbox
