"""Box: webhooks of version 2.

Seen 2026-11-24: boxsdk 10.18.0 (PyPI), box_sdk_gen/managers/webhooks.py;
https://developer.box.com/guides/webhooks/v2/signatures-v2/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from adapters.base import StaleTimestamp, VerificationError, WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature
from adapters.times import DAY

_BACKSLASH = re.compile(r"\\(?!/)")
_ESCAPED = re.compile(r"[^ -~]")
_STATED = {"BOX-SIGNATURE-VERSION": "1", "BOX-SIGNATURE-ALGORITHM": "HmacSHA256"}


@dataclass(frozen=True)
class BoxSignature(HmacSignature):
    """Also over the body with its characters escaped, as Box's own library allows.

    Refuses a request that says it is signed in another way.
    """

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        for name, value in _STATED.items():
            if any(given != value.encode() for given in request.headers.all(name)):
                raise VerificationError(f"the header {name} is not {value}")
        try:
            return super().verify(request, secrets, now, tolerance)
        except StaleTimestamp:
            raise
        except VerificationError:
            escaped = _escaped(request.body)
            if escaped == request.body:
                raise
        return super().verify(request.with_body(escaped), secrets, now, tolerance)


def _escaped(body: bytes) -> bytes:
    """`body` in ASCII: what is not printable as its UTF-16 in hex, a backslash doubled but before `/`."""
    try:
        text = _BACKSLASH.sub(r"\\\\", body.decode())
    except UnicodeDecodeError:
        return body
    return _ESCAPED.sub(lambda found: _escape(found[0]), text).encode("ascii")


def _escape(char: str) -> str:
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    units = char.encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


class Box(PlainAdapter):
    """Two keys sign, the primary and the secondary; put both into `secrets`, and rotate one at a time."""

    name = "box"
    title = "Box"
    docs = "https://developer.box.com/guides/webhooks/v2/signatures-v2/"
    scheme = BoxSignature(
        header=("BOX-SIGNATURE-PRIMARY", "BOX-SIGNATURE-SECONDARY"), encoding="base64",
        signed="{body}{timestamp}", timestamp="BOX-DELIVERY-TIMESTAMP", timestamp_unit="iso",
    )  # fmt: skip
    tolerance = 600
    retry_horizon = DAY // 12  # ten more tries within two hours (from memory)
    key = "id"
    first_sample = "file.uploaded"
    fields = Fields(
        id="body.id", type="body.trigger", time="body.created_at", words="lower",
        attributes={"webhook_id": "body.webhook.id", "item_id": "body.source.id"},
    )  # fmt: skip
    example: ClassVar[Mapping[str, Any]] = {
        "type": "webhook_event",
        "webhook": {"id": "53", "type": "webhook"},
        "created_by": {"id": "226067247", "type": "user", "name": "John Q. Developer"},
        "source": {"id": "73835521473", "type": "file", "name": "Test.txt", "size": 26458},
    }

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        return super().sample(type.upper(), now, id).with_headers(_STATED)


adapter = Box
