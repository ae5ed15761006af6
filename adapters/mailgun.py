"""Mailgun: event webhooks (JSON), and inbound routes and the older webhooks (forms).

Seen 2026-11-24: mailgun (PyPI) 1.10.0 security.py, https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from adapters.base import Adapter, ParsedEvent, WebhookRequest
from adapters.fields import Fields
from adapters.plain import form_document, form_request, json_request
from adapters.schemes import HmacSignature

_WHY = "Mailgun signs a time and a token only"
_JSON = HmacSignature(
    place="body.signature.signature",
    timestamp="body.signature.timestamp",
    signed="{timestamp}{body.signature.token}",
    unsigned_body=_WHY,
)
_FORM = HmacSignature(
    place="form.signature", timestamp="form.timestamp", signed="{timestamp}{form.token}", unsigned_body=_WHY
)
_EVENT = Fields(
    id="body.event-data.id",
    type="body.event-data.event",
    time="body.event-data.timestamp",
    attributes={
        "severity": "body.event-data.severity",
        "test": "body.event-data.flags.is-test-mode",
        "account": "body.event-data.account.id",
    },
)
# An inbound route posts the message itself and no event; the token is the only id that a form has.
_INBOUND = Fields(
    id="body.token", type="body.event|=inbound", time="body.timestamp", attributes={"domain": "body.domain"}
)


class Mailgun(Adapter):
    """The proof is in the body and does not cover the event: see the notes of its page."""

    name = "mailgun"
    title = "Mailgun"
    docs = "https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks"
    scheme = _JSON
    tolerance = 900  # of Mailgun's own library
    # 5, 10, 15 minutes, 1, 2, 4 hours: …/user-manual/webhooks/webhook-retries, seen 2026-11-24
    retry_horizon = 8 * 3600
    key = "event-data.id and the day; of a form its token"
    first_sample = "delivered"

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: float) -> int:
        return _scheme(request).verify(request, secrets, now, self.tolerance)

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        if _is_form(request):
            return [_INBOUND.event(request, form_document(request))]
        event = _EVENT.event(request)
        # Mailgun promises that an id is unique within a day only.
        return [replace(event, key=f"{event.id}:{_day(event.ts)}")]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        if type == "inbound":
            fields = {"recipient": "inbox@mg.example.com", "sender": "zoe@example.com", "subject": "Hello"}
            form = {**fields, "body-plain": "Hello", "token": id, "timestamp": str(int(now))}
            return form_request(self.name, form, now)
        draft = _EVENT.draft(type, now, id, _EXAMPLE)
        draft.document["event-data"]["timestamp"] = now
        draft.document["signature"]["token"] = token_hex(25)
        return json_request(self.name, draft.document, now)

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        return _scheme(request).sign(request, secret, now)

    def signed_bytes(self, request: WebhookRequest) -> bytes | None:
        return _scheme(request).signed_bytes(request)

    def expected(self, request: WebhookRequest, secret: str) -> str | None:
        return _scheme(request).expected(request, secret)


_EXAMPLE: Mapping[str, Any] = {
    "signature": {},
    "event-data": {
        "recipient": "zoe@example.com",
        "recipient-domain": "example.com",
        "flags": {"is-test-mode": False},
        "message": {"headers": {"message-id": "20261124220000.1.ABC@mg.example.com"}},
    },
}


def _is_form(request: WebhookRequest) -> bool:
    kind = (request.headers.get("content-type") or "").lower()
    return kind.startswith("application/x-www-form-urlencoded") or not (kind or request.body[:1] == b"{")


def _scheme(request: WebhookRequest) -> HmacSignature:
    return _FORM if _is_form(request) else _JSON


def _day(ts: int | None) -> str:
    return "" if ts is None else datetime.fromtimestamp(ts / 1000, UTC).date().isoformat()


adapter = Mailgun
