"""Twilio: status callbacks and incoming messages and calls (forms), and Event Streams (CloudEvents in JSON).

Seen 2026-11-24: twilio (PyPI) 9.13.0 request_validator.py, https://www.twilio.com/docs/usage/webhooks
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import urlsplit

import orjson

from adapters.base import Options, ParsedEvent, PayloadError, Reply, WebhookRequest, short_text
from adapters.fields import Fields
from adapters.plain import PlainAdapter, form_request, json_request
from adapters.request import parse_form
from adapters.twilio_signature import TwilioSignature, is_json

# What a form is about: its id, its status, and what it is where it tells none. The first that fits counts:
# a recording names its call too, and a message of a conversation both.
_FORMS: Sequence[tuple[str, Sequence[str], Sequence[str], str]] = (
    ("recording", ("RecordingSid",), ("RecordingStatus",), "completed"),
    ("transcription", ("TranscriptionSid",), ("TranscriptionStatus", "TranscriptionEvent"), "completed"),
    ("conference", ("ConferenceSid",), ("StatusCallbackEvent",), "updated"),
    ("room", ("RoomSid",), ("StatusCallbackEvent",), "updated"),
    ("conversation", ("ConversationSid",), ("EventType",), "updated"),
    ("message", ("MessageSid", "SmsSid"), ("MessageStatus", "SmsStatus"), "received"),
    ("call", ("CallSid",), ("CallStatus",), "received"),
)
_EMPTY_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


class TwilioOptions(Options):
    """`algorithm`: take no other; where it is not stated, the request's own header says which it is."""

    algorithm: Literal["HMAC_SHA1", "HMAC_SHA256"] | None = None


class Twilio(PlainAdapter):
    """Twilio signs no time and sends no event id; only what is signed makes the key."""

    name = "twilio"
    title = "Twilio"
    docs = "https://www.twilio.com/docs/usage/webhooks/webhooks-security"
    # One retry unless the URL's fragment asks for more (#rc=5); all within 15 s: connection overrides.
    retry_horizon = 60
    key = "the Sid and the status, of a call also its SequenceNumber or a digest; of a CloudEvent its id"
    first_sample = "message.received"
    # Seen 2026-11-24: https://www.twilio.com/docs/voice/twiml
    acts_on_answer = {
        "call.ringing": "the answer is the TwiML by which the call goes on; the gateway's own ends the call",
    }
    methods = frozenset({"POST", "GET"})
    Options = TwilioOptions
    options: TwilioOptions
    fields = Fields(
        id="item.id", type="item.type", time="item.time", attributes={"account": "item.data.accountSid"}
    )

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        self.scheme = TwilioSignature(only=self.options.algorithm)

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        if not is_json(request):
            return [_form_event(request)]
        items = request.document if isinstance(request.document, list) else [request.json]
        if not all(isinstance(item, dict) for item in items):
            raise PayloadError("the body holds something that is no object")
        return [self.fields.event(request, item, item) for item in items]

    def reply(self, request: WebhookRequest) -> Reply | None:
        """An answer to a form that is no TwiML is error 12300 in Twilio's log."""
        return None if is_json(request) else Reply(200, _EMPTY_TWIML, {"Content-Type": "text/xml"})

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        if type.startswith("com.twilio."):
            example = {"specversion": "1.0", "data": {"accountSid": "AC1"}}
            draft = self.fields.draft(type, now, id, {}, example)
            return json_request(self.name, [draft.item], now)
        return form_request(self.name, _form_sample(type, id), now)


def _form_event(request: WebhookRequest) -> ParsedEvent:
    query = urlsplit(request.url).query.encode()
    fields = parse_form(query) if request.method == "GET" else request.form
    form = {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
    digest = sha256(query + b"\n" + orjson.dumps(form, option=orjson.OPT_SORT_KEYS)).hexdigest()
    for noun, ids, statuses, otherwise in _FORMS:
        sid, status = _first(form, ids), _first(form, statuses) or otherwise
        if not sid:
            continue
        parts = [sid, status]
        if noun == "call":
            # One call asks many times while it is in progress: at each step of its TwiML.
            parts.append(_first(form, ("SequenceNumber",)) or digest[:16])
        elif noun in ("conference", "room", "conversation"):
            parts.append(digest[:16])
        return _event(form, ":".join(parts), f"{noun}.{status}")
    return _event(form, digest, "request.received")


def _event(form: Mapping[str, Any], id: str, type: str) -> ParsedEvent:
    account = _first(form, ("AccountSid",))
    return ParsedEvent(
        id=short_text(id, "the Sid and status"),
        type=short_text(type, "the status"),
        payload=form,
        ts=_time(_first(form, ("Timestamp",))),
        version=_first(form, ("ApiVersion",)) or None,
        attributes={"account": account} if account else {},
    )


def _first(form: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((text for name in names if isinstance(text := form.get(name), str) and text), "")


def _time(text: str) -> int | None:
    """Unix ms of a call's Timestamp, which is written as in mail: Tue, 24 Nov 2026 22:00:00 +0000."""
    try:
        return round(parsedate_to_datetime(text).timestamp() * 1000)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _form_sample(type: str, id: str) -> dict[str, str]:
    noun, _, status = type.partition(".")
    base = {"AccountSid": "AC0123456789abcdef0123456789abcdef", "ApiVersion": "2010-04-01"}
    for known, ids, statuses, _ in _FORMS:
        if known == noun:
            ends = {"From": "+15550100", "To": "+15550199"} if noun in ("message", "call") else {}
            body = {"Body": "Hello", "NumMedia": "0"} if type == "message.received" else {}
            return {ids[0]: id, statuses[-1 if body else 0]: status or "received", **base, **ends, **body}
    return {"EventSid": id, **base}


adapter = Twilio
