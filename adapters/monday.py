"""monday.com: webhooks of boards.

Only a webhook that an app makes is signed: with a token (JWT) whose key is the app's signing secret. It
says who sends, not what. Seen 2026-11-24:
https://developer.monday.com/api-reference/reference/webhooks (from memory)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import orjson

from adapters.base import PayloadError, Reply, WebhookRequest
from adapters.fields import Fields
from adapters.jwt import JwtSignature
from adapters.plain import PlainAdapter

MAX_CHALLENGE = 1024
"""Characters of a challenge that is repeated."""


class Monday(PlainAdapter):
    """A token without an end (`exp`) is refused, since it could be used for ever."""

    name = "monday"
    title = "monday.com"
    docs = "https://developer.monday.com/api-reference/reference/webhooks"
    scheme = JwtSignature(algorithms=("HS256",), prefix="", required=("exp",))
    retry_horizon = 1800  # once a minute for half an hour
    key = "event.triggerUuid"
    first_sample = "create_pulse"
    fields = Fields(
        id="body.event.triggerUuid", type="body.event.type", time="body.event.triggerTime",
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
