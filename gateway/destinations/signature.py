"""Signing what the gateway sends, by the Standard Webhooks scheme.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md,
seen 2026-11-23.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence


def sign(message_id: str, timestamp: int, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """The three headers of a signed message; one signature a key, so that any of them verifies it.

    `timestamp` is Unix seconds. Without keys there is no `webhook-signature`.
    """
    headers = {"webhook-id": message_id, "webhook-timestamp": str(timestamp)}
    signed = f"{message_id}.{timestamp}.".encode() + body
    if keys:
        headers["webhook-signature"] = " ".join(_signature(key, signed) for key in keys)
    return headers


def _signature(key: bytes, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
