"""Discord: the webhook events and the interactions of an app.

Seen 2026-11-24: discord-interactions 0.4.0 (PyPI) for the signature; discord/discord-api-docs at c98d64b
(webhook-events, interactions/overview) for both kinds of ping and for the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from adapters.asymmetric import Ed25519Signature
from adapters.base import Adapter, ParsedEvent, PayloadError, Reply, WebhookRequest
from adapters.fields import Fields
from adapters.plain import json_request

_KINDS = {2: "application_command", 3: "message_component", 4: "application_command_autocomplete",
          5: "modal_submit"}  # fmt: skip
_JSON = {"Content-Type": "application/json"}
# What holds the user off until the app has done its work: "thinking", or nothing where a component was used.
_DEFERRED: Mapping[int, object] = {
    2: {"type": 5},
    3: {"type": 6},
    4: {"type": 8, "data": {"choices": []}},
    5: {"type": 5},
}
_EPOCH = 1_420_070_400_000  # Unix ms, of Discord's ids

_EVENT = Fields(
    id="digest",
    type="body.event.type",
    time="body.event.timestamp",
    attributes={"application": "body.application_id"},
)
_INTERACTION = Fields(
    id="body.id",
    type="=interaction",
    attributes={"application": "body.application_id", "guild": "body.guild_id", "command": "body.data.name"},
)


class Discord(Adapter):
    """Discord's own libraries check no age of the signed time, and its page asks for none; nor do we."""

    name = "discord"
    title = "Discord"
    docs = "https://docs.discord.com/developers/interactions/overview#validating-security-request-headers"
    scheme = Ed25519Signature(
        header="X-Signature-Ed25519", signed="{timestamp}{body}", timestamp="X-Signature-Timestamp"
    )
    retry_horizon = 600  # events: up to ten minutes; interactions: never
    key = "an interaction's id; an event has none: the SHA-256 of the body"
    first_sample = "application_authorized"
    acts_on_answer = {
        "interaction.*": "the answer is what the user sees, within 3 seconds; the gateway's own defers it",
    }

    def challenge(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        """Both kinds of ping. Type 1 is a ping among interactions, and an event among webhook events."""
        if "event" in request.json:
            return None
        kind = _number(request.json)
        if kind == 0:
            return Reply(204, headers=_JSON)
        return Reply(200, b'{"type":1}', _JSON) if kind == 1 else None

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        document = request.json
        if "event" in document:
            return [_lowered(_EVENT.event(request))]
        if (kind := _KINDS.get(_number(document))) is None:
            raise PayloadError(f"the interaction is of a type that is not known: {_number(document)}")
        event = _INTERACTION.event(request)
        return [replace(event, type=f"interaction.{kind}", ts=_time_of(event.id))]

    def reply(self, request: WebhookRequest) -> Reply | None:
        """204 to an event; to an interaction that the answer follows, within 15 minutes, by its token."""
        try:
            document = request.json
        except PayloadError:
            return None
        if "event" in document:
            return Reply(204, headers=_JSON)
        answer = _DEFERRED.get(_number(document))
        return None if answer is None else Reply(200, orjson.dumps(answer), _JSON)

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        if not type.startswith("interaction."):
            draft = _EVENT.draft(type.upper(), now, id, _EXAMPLE)
            return json_request(self.name, draft.document, now)
        kinds = {word: kind for kind, word in _KINDS.items()}
        kind = kinds.get(type.partition(".")[2], 2)
        return json_request(self.name, {**_INTERACTION_EXAMPLE, "id": id, "type": kind}, now)


_EXAMPLE: Mapping[str, Any] = {
    "version": 1,
    "application_id": "1234560123453231555",
    "type": 1,
    "event": {"data": {"integration_type": 1, "scopes": ["applications.commands"], "user": {"id": "91"}}},
}
_INTERACTION_EXAMPLE: Mapping[str, Any] = {
    "application_id": "1234560123453231555",
    "token": "a-token-for-the-answer",
    "guild_id": "290926798626357999",
    "channel_id": "645027906669510667",
    "member": {"user": {"id": "53908232506183680", "username": "zoe"}},
    "data": {"id": "771825006014889984", "name": "order", "type": 1},
    "version": 1,
}


def _number(document: Mapping[str, Any]) -> int:
    kind = document.get("type")
    return kind if isinstance(kind, int) and not isinstance(kind, bool) else -1


def _lowered(event: ParsedEvent) -> ParsedEvent:
    return replace(event, type=event.type.lower())


def _time_of(id: str) -> int | None:
    """Unix ms at which an id was given: its upper 42 bits, since 2015."""
    return (int(id) >> 22) + _EPOCH if id.isascii() and id.isdigit() and 17 <= len(id) <= 20 else None


adapter = Discord
