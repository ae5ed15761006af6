"""Webhooks as Meta sends them, shortened, for `gateway trigger` and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PHONE = {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}


def document(noun: str, field: str, now: float, id: str, messaging: Mapping[str, str]) -> dict[str, Any]:
    """A webhook of the object `noun` that tells of `field`; `messaging` are the fields of conversations."""
    entry: dict[str, Any] = {"id": "102290129340398"}
    if noun == "whatsapp_business_account":
        entry["changes"] = [{"field": field, "value": _whatsapp(field, now, id)}]
    elif noun in ("page", "instagram") and field in {*messaging.values(), "message_echoes"}:
        entry |= {"time": int(now * 1000), "messaging": [_conversation(field, now, id, messaging)]}
    else:
        entry |= {"time": int(now), "changes": [{"field": field, "value": {"id": id, "verb": "add"}}]}
    return {"object": noun, "entry": [entry]}


def _whatsapp(field: str, now: float, id: str) -> dict[str, Any]:
    value: dict[str, Any] = {"messaging_product": "whatsapp", "metadata": _PHONE}
    if field != "messages":
        return {**value, "event": "sample", "id": id, "timestamp": str(int(now))}
    message = {
        "from": "16505551234", "id": id, "timestamp": str(int(now)), "type": "text",
        "text": {"body": "Does it come in another colour?"},
    }  # fmt: skip
    contacts = [{"profile": {"name": "Sheena Nelson"}, "wa_id": "16505551234"}]
    return {**value, "contacts": contacts, "messages": [message]}


def _conversation(field: str, now: float, id: str, messaging: Mapping[str, str]) -> dict[str, Any]:
    item: dict[str, Any] = {
        "sender": {"id": "3829213087176384"},
        "recipient": {"id": "102290129340398"},
        "timestamp": int(now * 1000),
    }
    if field == "message_echoes":
        return {**item, "message": {"mid": id, "text": "Hello", "is_echo": True}}
    key = next(key for key, name in messaging.items() if name == field)
    return {**item, key: {"mid": id, "text": "Hello"}}
