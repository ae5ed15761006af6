"""Zendesk: webhooks that subscribe to events, or that a trigger or an automation calls.

Seen 2026-11-24: https://developer.zendesk.com/documentation/webhooks/verifying (the scheme) and
…/anatomy-of-a-webhook-request (the headers)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from adapters.base import Adapter, ParsedEvent, PayloadError, WebhookRequest
from adapters.fields import Fields
from adapters.plain import form_document, json_request
from adapters.schemes import HmacSignature

PUBLISHED = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
"""What Zendesk signs with when someone presses Test before the webhook exists. Everyone knows it."""

_PREFIX = "zen:event-type:"
_ACCOUNT = "body.account_id|header.X-Zendesk-Account-Id"
_EVENT = Fields(
    id="body.id",
    type="body.type",
    type_prefix=_PREFIX,
    time="body.time",
    attributes={"account": _ACCOUNT, "webhook": "header.X-Zendesk-Webhook-Id", "subject": "body.subject"},
)
_TRIGGER = Fields(
    id="header.X-Zendesk-Webhook-Invocation-Id",
    type="=trigger",
    attributes={"account": "header.X-Zendesk-Account-Id", "webhook": "header.X-Zendesk-Webhook-Id"},
)


class ZendeskSignature(HmacSignature):
    """The secret is text, though it looks like base64; the published one is refused."""

    def key(self, secret: str) -> bytes:
        if secret.strip() == PUBLISHED:
            raise ValueError("the secret is the one that Zendesk publishes: anyone can sign with it")
        return super().key(secret)


class Zendesk(Adapter):
    """A trigger's body is whatever its author wrote; JSON objects and forms are taken apart."""

    name = "zendesk"
    title = "Zendesk"
    docs = "https://developer.zendesk.com/documentation/webhooks/verifying/"
    scheme = ZendeskSignature(
        header="X-Zendesk-Webhook-Signature",
        encoding="base64",
        signed="{timestamp}{body}",
        timestamp="X-Zendesk-Webhook-Signature-Timestamp",
        timestamp_unit="iso",
    )
    tolerance = 300  # Zendesk states none
    retry_horizon = 3600  # some tries within minutes: on 409, on timeouts, and where Retry-After is short
    key = "id; of a trigger or an automation the header X-Zendesk-Webhook-Invocation-Id"
    first_sample = "ticket.created"
    methods = frozenset({"POST", "PUT", "GET"})

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        document = _document(request)
        type = document.get("type")
        if isinstance(type, str) and type.startswith(_PREFIX):
            return [_EVENT.event(request, document)]
        return [_TRIGGER.event(request, document)]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        headers = {
            "X-Zendesk-Account-Id": "123456",
            "X-Zendesk-Webhook-Id": "01F1KRFQ6BG29CNWFR60NK5FNY",
            "X-Zendesk-Webhook-Invocation-Id": id,
        }
        if type == "trigger":
            return json_request(self.name, {"ticket": "35436", "status": "open"}, now, headers)
        draft = _EVENT.draft(type, now, id, _EXAMPLE)
        return json_request(self.name, draft.document, now, headers)


_EXAMPLE: Mapping[str, Any] = {
    "account_id": 123456,
    "subject": "zen:ticket:35436",
    "zendesk_event_version": "2022-11-06",
    "event": {},
    "detail": {"id": "35436", "subject": "It broke", "status": "OPEN", "priority": "HIGH"},
}


def _document(request: WebhookRequest) -> Mapping[str, Any]:
    """The body as an object: JSON, a form, `{"body": text}` for all else, `{}` for none."""
    if not request.body:
        return {}
    kind = request.headers.get("content-type") or ""
    if kind.startswith("application/x-www-form-urlencoded"):
        return form_document(request)
    try:
        orjson.loads(request.body)
    except ValueError:
        return {"body": _text(request.body)}
    return request.document if isinstance(request.document, dict) else {"body": _text(request.body)}


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise PayloadError("the body is neither JSON nor text in UTF-8") from error


adapter = Zendesk
