"""Trello: webhooks of a board, a card or a member.

Seen 2026-11-24: https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/ (HMAC-SHA1 in base64
of the body followed by the callbackURL exactly as it was given; HEAD must be answered 200 at set-up)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import Field

from adapters.base import Options, Reply, WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature


class TrelloOptions(Options):
    """`callback_url` is the webhook's callbackURL, where that is not the source's public address."""

    callback_url: str | None = Field(None, pattern=r"^https?://[^\s{}]+$")


class Trello(PlainAdapter):
    """The key is the secret of the app whose token made the webhook. Three retries within minutes."""

    name = "trello"
    title = "Trello"
    docs = "https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/#webhook-signatures"
    scheme: HmacSignature = HmacSignature(
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

    Options = TrelloOptions
    options: TrelloOptions

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        if url := self.options.callback_url:
            self.scheme = replace(Trello.scheme, signed="{body}" + url)

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        """Trello asks with HEAD whether the address is there, when the webhook is made."""
        return Reply(200) if request.method == "HEAD" else None


adapter = Trello
