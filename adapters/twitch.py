"""Twitch EventSub over webhooks.

Seen 2026-11-24: https://dev.twitch.tv/docs/eventsub/handling-webhook-events/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from secrets import token_hex
from typing import Any

import orjson

from adapters.base import Headers, ParsedEvent, PayloadError, Reply, WebhookRequest, short_text
from adapters.fields import Fields
from adapters.places import walk
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature

_ID, _TIME = "Twitch-Eventsub-Message-Id", "Twitch-Eventsub-Message-Timestamp"
_TYPE = "Twitch-Eventsub-Message-Type"


class Twitch(PlainAdapter):
    """The id and the time are in headers and signed; the message's type is not, so the body decides."""

    name = "twitch"
    title = "Twitch EventSub"
    docs = "https://dev.twitch.tv/docs/eventsub/handling-webhook-events/"
    scheme = HmacSignature(
        header="Twitch-Eventsub-Message-Signature",
        prefix="sha256=",
        signed="{header:Twitch-Eventsub-Message-Id}{timestamp}{body}",
        timestamp=_TIME,
        timestamp_unit="iso",
    )
    tolerance = 600
    retry_horizon = 3600  # not published; messages older than the tolerance are refused anyway
    key = "the header Twitch-Eventsub-Message-Id; of several events in one message each its own id"
    first_sample = "channel.follow"
    fields = Fields(
        id=f"header.{_ID}",
        type="body.subscription.type",
        time=f"header.{_TIME}",
        version="body.subscription.version",
        attributes={"subscription_id": "body.subscription.id", "status": "body.subscription.status"},
    )
    example = {
        "subscription": {
            "id": "f1c2a387-161a-49f9-a165-0f21d7a4e1c4",
            "status": "enabled",
            "version": "2",
            "condition": {"broadcaster_user_id": "12826"},
            "transport": {"method": "webhook", "callback": "https://gateway.example/webhooks/twitch"},
        },
        "event": {"user_id": "1337", "user_login": "zoe", "broadcaster_user_id": "12826"},
    }

    def challenge(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        """Twitch wants to read the challenge and nothing else, or it drops the subscription."""
        text = request.json.get("challenge")
        if text is None:
            return None
        body = short_text(text, "the challenge").encode()
        return Reply(200, body, {"Content-Type": "text/plain"})

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        document = request.json
        message = self.fields.event(request)
        events = document.get("events")
        if isinstance(events, list):
            return [_one_of(message, item, index) for index, item in enumerate(events)]
        if "event" in document:
            return [message]
        # Twitch took the subscription away: it was revoked, or this endpoint failed too often.
        return [replace(message, type="revocation")]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        request = super().sample("channel.follow" if type == "revocation" else type, now, id)
        kind = "revocation" if type == "revocation" else "notification"
        if type == "revocation":
            document = {"subscription": {**request.json["subscription"], "status": "authorization_revoked"}}
            request = request.with_body(orjson.dumps(document))
        return _without_time(request).with_headers({_TYPE: kind})

    def generate_secret(self) -> str:
        return token_hex(32)  # 10 to 100 ASCII characters


def _one_of(message: ParsedEvent, item: Any, index: int) -> ParsedEvent:
    if not isinstance(item, Mapping):
        raise PayloadError("body.events holds something that is no object")
    own = walk(item, ("id",))
    id = own if isinstance(own, str) and own else f"{message.id}:{index}"
    return replace(message, id=short_text(id, "the id of one of the events"), payload=item)


def _without_time(request: WebhookRequest) -> WebhookRequest:
    """`request` without the header of the time, which `sign` adds."""
    kept = [pair for pair in request.headers.raw if pair[0] != _TIME.lower().encode()]
    return replace(request, headers=Headers(kept))


adapter = Twitch
