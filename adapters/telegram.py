"""Telegram: updates of a bot.

Telegram signs nothing: it repeats the `secret_token` that you gave to setWebhook.
Seen 2026-11-24: https://core.telegram.org/bots/api#setwebhook (also n8n-nodes-base 2.41.2)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.base import Adapter, ParsedEvent, PayloadError, WebhookRequest, short_text
from adapters.plain import json_request
from adapters.schemes import SharedToken
from adapters.times import DAY, event_time

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,256}")


@dataclass(frozen=True)
class TelegramToken(SharedToken):
    def check_secret(self, secret: str) -> None:
        super().check_secret(secret)
        if not _TOKEN.fullmatch(secret):
            raise ValueError("the secret is no secret_token: 1 to 256 of A-Z, a-z, 0-9, _ and -")


class Telegram(Adapter):
    """An update holds, besides its number, one field; its name is what has happened."""

    name = "telegram"
    title = "Telegram"
    docs = "https://core.telegram.org/bots/api#setwebhook"
    scheme = TelegramToken(header="X-Telegram-Bot-Api-Secret-Token")
    retry_horizon = DAY  # updates are kept for 24 hours
    key = "update_id"
    first_sample = "message"

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        document = request.json
        kinds = [name for name, value in document.items() if isinstance(value, dict)]
        if len(kinds) != 1:
            raise PayloadError(f"the update holds {len(kinds)} fields that are objects, not one")
        subject: Mapping[str, Any] = document[kinds[0]]
        return [
            ParsedEvent(
                id=short_text(document.get("update_id"), "the field 'update_id'"),
                type=short_text(kinds[0], "the name of the update's field"),
                payload=document,
                ts=event_time(subject.get("edit_date") or subject.get("date")),
                attributes=_chat(subject),
            )
        ]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        chat = {"id": 1111111, "first_name": "Zoe", "type": "private"}
        subject = {"message_id": 1365, "from": {**chat, "is_bot": False}, "chat": chat, "date": int(now)}
        return json_request(self.name, {"update_id": id, type: {**subject, "text": "/start"}}, now)


def _chat(subject: Mapping[str, Any]) -> dict[str, str | int]:
    chat = subject.get("chat")
    id = chat.get("id") if isinstance(chat, dict) else None
    return {"chat_id": id} if isinstance(id, str | int) else {}


adapter = Telegram
