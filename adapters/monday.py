"""monday.com: webhooks of boards and of the life of an app.

Only a webhook that an app makes is signed: with a token (JWT) whose key is the app's signing secret, or its
client secret where the app's own life is told. It says who sends, not what. Seen 2026-11-24:
https://developer.monday.com/apps/docs/authorization-header (the token),
https://developer.monday.com/api-reference/reference/webhooks (the body, from memory)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import orjson

from adapters.base import Options, PayloadError, Reply, WebhookRequest
from adapters.fields import Fields
from adapters.jwt import JwtSignature
from adapters.plain import PlainAdapter

MAX_CHALLENGE = 1024
"""Characters of a challenge that is repeated."""


class MondayOptions(Options):
    """`audience`: the URL that the app states for the webhook; it is checked where it is stated."""

    audience: str = ""


class Monday(PlainAdapter):
    """A token without an end (`exp`) is refused, since it could be used for ever."""

    name = "monday"
    title = "monday.com"
    docs = "https://developer.monday.com/api-reference/reference/webhooks"
    scheme: JwtSignature = JwtSignature(algorithms=("HS256",), prefix="", required=("exp",))
    retry_horizon = 1800  # once a minute for half an hour
    key = "event.triggerUuid; a digest of the body where the life of an app is told"
    first_sample = "create_pulse"
    fields = Fields(
        id="body.event.triggerUuid|digest", type="body.event.type|body.type",
        time="body.event.triggerTime|body.data.timestamp",
        attributes={"board_id": "body.event.boardId", "item_id": "body.event.pulseId",
                    "subscription_id": "body.event.subscriptionId"},
    )  # fmt: skip
    example: ClassVar[Mapping[str, Any]] = {
        "event": {
            "userId": 9603417,
            "boardId": 1771812698,
            "pulseId": 1772099344,
            "pulseName": "Create_item webhook",
            "groupId": "topics",
            "subscriptionId": 73759690,
        }
    }

    Options = MondayOptions
    options: MondayOptions

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        self.scheme = replace(self.scheme, audience=self.options.audience)

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        if request.method != "POST" or request.body.lstrip()[:1] != b"{":
            return None
        try:
            document = request.json
        except PayloadError:
            return None
        challenge = document.get("challenge")
        if set(document) != {"challenge"} or not isinstance(challenge, str) or len(challenge) > MAX_CHALLENGE:
            return None
        try:
            body = orjson.dumps({"challenge": challenge})
        except TypeError:  # a lone surrogate
            return None
        return Reply(200, body, {"Content-Type": "application/json"})


adapter = Monday
