"""Trello: webhooks of a board, a card or a member.

Seen 2026-11-24: https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/ (HMAC-SHA1 in base64
of the body followed by the callbackURL exactly as it was given; HEAD must be answered 200 at set-up)
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.base import Reply, WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature


class Trello(PlainAdapter):
    """The key is the secret of the app whose token made the webhook. Three retries within minutes."""

    name = "trello"
    title = "Trello"
    docs = "https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/#webhook-signatures"
    scheme = HmacSignature(
        header="X-Trello-Webhook", algorithm="sha1", encoding="base64", signed="{body}{url}"
    )
    retry_horizon = 3600
    key = "action.id"
    first_sample = "updateCard"
    fields = Fields(
        id="body.action.id",
        type="body.action.type",
        time="body.action.date",
        attributes={
            "model": "body.model.id",
            "board": "body.action.data.board.id",
            "card": "body.action.data.card.id",
            "webhook": "body.webhook.id",
        },
    )
    example = {
        "action": {
            "idMemberCreator": "4fc78a59a885233f4b349bd9",
            "data": {
                "board": {"id": "4d5ea62fd76aa1136000000c", "name": "Orders"},
                "card": {"id": "4ed7e27fe6abb2517a21383d", "name": "4711", "idShort": 1},
            },
            "memberCreator": {"id": "4fc78a59a885233f4b349bd9", "username": "zoe"},
        },
        "model": {"id": "4d5ea62fd76aa1136000000c", "name": "Orders", "closed": False},
        "webhook": {"id": "5d5ea62fd76aa1136000000d", "idModel": "4d5ea62fd76aa1136000000c", "active": True},
    }

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        """Trello asks with HEAD whether the address is there, when the webhook is made."""
        return Reply(200) if request.method == "HEAD" else None


adapter = Trello
