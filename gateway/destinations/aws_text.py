"""A message as SQS and SNS take it: text of XML's characters, and ten attributes at most."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import orjson

from gateway.config.destinations.aws import QueueOrTopic
from gateway.destinations.attempt import Refused
from gateway.destinations.aws import LARGEST
from gateway.destinations.formats import FORMATS
from gateway.destinations.message import gateway_headers
from gateway.store.records import Claimed

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What AWS refuses, or once put U+FFFD for without a word.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html, seen 2026-11-24.
"""


def parameters(claimed: Claimed, format: str, section: QueueOrTopic, body: str) -> dict[str, object]:
    """What SendMessage and Publish have in common; `body` is what they call the text itself.

    The attributes are the gateway's headers and the body's content-type, with `raw` the provider's headers
    as JSON in `headers`: SNS hands messages with more than ten attributes on to no queue
    (https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html, seen 2026-11-24). A raw body
    that is no text is base64, and the attribute `gateway-encoding` says so.
    """
    content, headers = FORMATS[format](claimed)
    text = _text(content, format)
    attributes = gateway_headers(claimed) | {"content-type": headers["content-type"]}
    attributes.pop("tracestate", None)  # there is room for ten
    if format == "raw":
        attributes["headers"] = orjson.dumps(headers).decode()
    if text is None:
        text, attributes["gateway-encoding"] = b64encode(content).decode(), "base64"
    _check(text, attributes)
    told = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value}
    return {body: text, "MessageAttributes": told, **_order(claimed, section)}


def _text(content: bytes, format: str) -> str | None:
    """The body as text that AWS takes, None where there is none. In JSON any character can be escaped."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    if format != "raw":
        return _FORBIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return None if _FORBIDDEN.search(text) else text


def _check(text: str, attributes: Mapping[str, str]) -> None:
    if not text:
        raise Refused("the body is empty, which AWS does not take; use format: event")
    parts = [text, *(f"{name}String{value}" for name, value in attributes.items())]
    size = sum(len(part.encode()) for part in parts)
    if size > LARGEST:
        raise Refused(f"the message has {size} bytes with its attributes; AWS takes {LARGEST} at most")


def placement(placed: Mapping[str, Any], **where: str) -> dict[str, str]:
    """Where SQS or SNS put a message, by its answer. Raises Refused where that names no message."""
    if not placed.get("MessageId"):
        raise Refused("the answer names no message; does endpoint_url lead to AWS?")
    number = {"sequence_number": placed["SequenceNumber"]} if placed.get("SequenceNumber") else {}
    return {**where, "message_id": placed["MessageId"], **number}


def _order(claimed: Claimed, section: QueueOrTopic) -> dict[str, str]:
    """A FIFO queue or topic wants a group, and takes a message with the same id once in five minutes."""
    group = section.group or (claimed.event.source if section.is_fifo else None)
    order = {"MessageGroupId": group} if group else {}
    return order | ({"MessageDeduplicationId": claimed.event.event_id} if section.is_fifo else {})
