"""Meta: webhooks of WhatsApp, Messenger, Instagram, pages and users, which all come in one form.

    sources:
      whatsapp:
        adapter: meta
        secrets: ["${META_APP_SECRET}"]
        verify_token: "${META_VERIFY_TOKEN}"      # of your own making; Meta sends it once, to set up

Seen 2026-11-24: whatsapp-api-js 6.3.0 (npm); https://developers.facebook.com/docs/graph-api/webhooks and
https://developers.facebook.com/docs/messenger-platform/webhooks are from memory
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from pydantic import SecretStr

from adapters.base import (
    MAX_HEADER,
    MAX_TEXT,
    Adapter,
    Options,
    ParsedEvent,
    PayloadError,
    Reply,
    WebhookRequest,
    short_text,
    text_field,
)
from adapters.batch import MAX_ITEMS
from adapters.meta_samples import document
from adapters.plain import json_request
from adapters.schemes import HmacSignature
from adapters.times import DAY, event_time

# The key of an item of `messaging` -> the webhook field that one subscribes to.
MESSAGING = {
    "message": "messages",
    "message_edit": "message_edits",
    "postback": "messaging_postbacks",
    "delivery": "message_deliveries",
    "read": "message_reads",
    "reaction": "message_reactions",
    "optin": "messaging_optins",
    "referral": "messaging_referrals",
    "account_linking": "messaging_account_linking",
    "pass_thread_control": "messaging_handovers",
    "take_thread_control": "messaging_handovers",
}
_TEXT = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}


class MetaOptions(Options):
    """`verify_token`: the verify token that you wrote next to the callback URL."""

    verify_token: SecretStr | None = None


class Meta(Adapter):
    """One event for each message, each status and each change. Meta signs no time."""

    name = "meta"
    title = "Meta (WhatsApp, Messenger, Instagram)"
    docs = "https://developers.facebook.com/docs/graph-api/webhooks/getting-started"
    scheme = HmacSignature(header="X-Hub-Signature-256", prefix="sha256=")
    # WhatsApp tries for up to 7 days, the others for 36 hours (docs, from memory).
    retry_horizon = 7 * DAY
    key = "the id of the message, with its status where that is what is told; else a digest of the change"
    first_sample = "whatsapp_business_account.messages"
    Options = MetaOptions
    options: MetaOptions

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        query = urlsplit(request.url).query if request.method == "GET" else ""
        if "hub." not in query or len(query) > MAX_HEADER:
            return None
        fields = parse_qs(query, keep_blank_values=True)
        given, challenge = fields.get("hub.verify_token", []), fields.get("hub.challenge", [])
        stated = self.options.verify_token
        token = stated.get_secret_value().encode() if stated else b""
        good = len(given) == 1 and hmac.compare_digest(given[0].encode("utf-8", "replace"), token)
        if not token or not good or fields.get("hub.mode") != ["subscribe"] or len(challenge) != 1:
            return Reply(403, b"the verify token is not that of this source", _TEXT)
        return Reply(200, challenge[0].encode("utf-8", "replace"), _TEXT)

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        noun = text_field(request.json, "object")
        events = [event for entry in _objects(request.json, "entry") for event in _events(noun, entry)]
        if len(events) > MAX_ITEMS:
            raise PayloadError(f"the body holds {len(events)} events, {MAX_ITEMS} at most are taken")
        return events

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        noun, _, field = type.partition(".")
        return json_request(self.name, document(noun, field or "messages", now, id, MESSAGING), now)


def _events(noun: str, entry: Mapping[str, Any]) -> Iterator[ParsedEvent]:
    """The events of one entry: of its changes, its conversations, or its bare names of fields."""
    for change in _objects(entry, "changes"):
        field = text_field(change, "field")
        for kind, item, payload in _parts(change):
            yield _event(f"{noun}.{field}", entry, payload, item, _item_id(kind, item))
    for box in ("messaging", "standby"):
        for item in _objects(entry, box):
            yield _event(f"{noun}.{_messaging_field(item)}", entry, item, item, _message_id(item))
    fields = entry.get("changed_fields", [])
    for field in fields if isinstance(fields, list) else []:
        yield _event(f"{noun}.{short_text(field, 'a changed field')}", entry, {**entry, "field": field}, {})


def _parts(change: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """What a change tells of, one by one: its kind, itself, and the change with it alone."""
    value = change.get("value")
    if not isinstance(value, dict):
        yield "", {}, change
        return
    found = False
    for kind in ("messages", "statuses"):
        for item in _objects(value, kind):
            found = True
            alone = {key: part for key, part in value.items() if key not in ("messages", "statuses")}
            yield kind, item, {**change, "value": {**alone, kind: [item]}}
    if not found:
        yield "", value, change


def _item_id(kind: str, item: Mapping[str, Any]) -> str:
    id, status = item.get("id"), item.get("status")
    if not isinstance(id, str) or not kind:
        return ""
    return f"{id}:{status}" if kind == "statuses" else id


def _messaging_field(item: Mapping[str, Any]) -> str:
    message = item.get("message")
    if isinstance(message, dict) and message.get("is_echo") is True:
        return "message_echoes"
    return next((field for key, field in MESSAGING.items() if key in item), "messaging")


def _message_id(item: Mapping[str, Any]) -> str:
    """The id of a message or of a press on its button; a reaction or an edit has only that of its message."""
    for key in ("message", "postback"):
        subject = item.get(key)
        if isinstance(subject, dict) and isinstance(subject.get("mid"), str):
            return str(subject["mid"])
    return ""


def _event(
    type: str, entry: Mapping[str, Any], payload: Mapping[str, Any], item: Mapping[str, Any], id: str = ""
) -> ParsedEvent:
    times = (event_time(item.get("timestamp")), event_time(entry.get("time")))
    facts = {"account": entry.get("id"), "status": item.get("status")}
    return ParsedEvent(
        id=_fitting(id) or _digest(type, entry, payload),
        type=type,
        payload=payload,
        ts=next((ts for ts in times if ts is not None), None),
        attributes={name: value for name, value in facts.items() if isinstance(value, str)},
    )


def _fitting(id: str) -> str:
    if len(id) <= MAX_TEXT and id.isprintable():
        return id
    return sha256(id.encode("utf-8", "replace")).hexdigest()


def _digest(type: str, entry: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    values = [type, entry.get("id"), entry.get("time"), payload]
    try:
        return sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()
    except TypeError as error:  # nested deeper than can be written
        raise PayloadError(f"the event id cannot be made: {error}") from error


def _objects(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    values = document.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise PayloadError(f"the field {name!r} is not an array of objects")
    return values


adapter = Meta
