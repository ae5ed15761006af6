"""Adyen: standard (payments) webhooks in JSON, and those of platforms, management and the like.

Seen 2026-11-24: Adyen 16.0.0 (PyPI), Adyen/util.py;
https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from adapters.base import (
    Adapter,
    ParsedEvent,
    PayloadError,
    Reply,
    VerificationError,
    WebhookRequest,
    reading_proof,
)
from adapters.batch import MAX_ITEMS
from adapters.fields import Fields
from adapters.plain import json_request
from adapters.schemes import HmacSignature, first_match, secret_key
from adapters.times import DAY

_SIGNED = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")
_PAYMENT = Fields(
    id=("item.pspReference", "item.eventCode", "item.success"),
    type="item.eventCode",
    time="item.eventDate",
    attributes={"live": "body.live", "merchant_account": "item.merchantAccountCode"},
    words="lower",
)
_PLATFORM = Fields(
    id="digest",
    type="body.type",
    time="body.timestamp|body.createdAt|body.data.creationDate",
    attributes={"environment": "body.environment", "balance_platform": "body.data.balancePlatform"},
)
_PAYMENT_SAMPLE = {
    "originalReference": "",
    "merchantAccountCode": "ExampleECOM",
    "merchantReference": "order-1",
    "amount": {"value": 1130, "currency": "EUR"},
    "success": "true",
    "paymentMethod": "visa",
}


class Adyen(Adapter):
    """A standard webhook carries a signature in each item, over eight of its fields and nothing else.

    The others carry one in a header, over the body. Every item has to be signed: one that is not, or no item
    at all, and the whole request is refused.
    """

    name = "adyen"
    title = "Adyen"
    docs = "https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures"
    scheme = HmacSignature(header="HmacSignature", encoding="base64", secret_encoding="hex")
    # Attempts for up to 30 days: https://docs.adyen.com/development-resources/webhooks/troubleshoot
    retry_horizon = 30 * DAY
    key = "pspReference, eventCode and success; of webhooks without items the digest of the body"
    first_sample = "authorisation"

    @property
    def signs_body(self) -> bool:
        """Not as a whole: of an item, eight fields are signed."""
        return False

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: float) -> int:
        with reading_proof():
            items = _items(request)
        if items is None:
            return self.scheme.verify(request, secrets, now, None)
        proofs = [(_signed_text(item), _signature(item)) for item in items]
        return first_match(
            secrets,
            lambda secret: sum([_proves(secret, *proof) for proof in proofs]) == len(proofs),
            "the signature in additionalData.hmacSignature of every item",
        )

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        items = _items(request)
        if items is None:
            return [_PLATFORM.event(request)]
        return [_PAYMENT.event(request, item=item) for item in items]

    def reply(self, request: WebhookRequest) -> Reply:
        return Reply(200, b"[accepted]", {"Content-Type": "text/plain"})

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        if "." in type:
            example = {"environment": "test", "data": {"balancePlatform": "ExamplePlatform"}}
            return json_request(self.name, _PLATFORM.draft(type, now, id, example).document, now)
        item = _PAYMENT.draft(type.upper(), now, id, {}, _PAYMENT_SAMPLE).item
        return json_request(self.name, _envelope(item), now)

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        self.check_secret(secret)
        items = _items(request)
        if items is None:
            return self.scheme.sign(request, secret, now)
        signed = [
            {**item, "additionalData": {"hmacSignature": _expected(secret, _signed_text(item)).decode()}}
            for item in items
        ]
        return request.with_body(orjson.dumps(_envelope(*signed)))

    def signed_bytes(self, request: WebhookRequest) -> bytes | None:
        with reading_proof():
            items = _items(request)
        return self.scheme.signed_bytes(request) if items is None else b"\n".join(map(_signed_text, items))

    def expected(self, request: WebhookRequest, secret: str) -> str | None:
        with reading_proof():
            items = _items(request)
        if items is None:
            return self.scheme.expected(request, secret)
        return " ".join(_expected(secret, _signed_text(item)).decode() for item in items)


def _items(request: WebhookRequest) -> list[Mapping[str, Any]] | None:
    """The items of a standard webhook; None of another. Raises PayloadError."""
    try:
        wrapped = request.json.get("notificationItems")
    except PayloadError:
        if request.headers.all("HmacSignature"):
            return None  # signed as a whole, whatever it is
        raise
    if wrapped is None:
        return None
    if not isinstance(wrapped, list) or not 0 < len(wrapped) <= MAX_ITEMS:
        raise PayloadError(f"notificationItems is not an array of 1 to {MAX_ITEMS} items")
    items = [item.get("NotificationRequestItem") if isinstance(item, dict) else None for item in wrapped]
    if not all(isinstance(item, dict) for item in items):
        raise PayloadError("notificationItems holds something without a NotificationRequestItem")
    return [item for item in items if isinstance(item, dict)]


def _signed_text(item: Mapping[str, Any]) -> bytes:
    amount = item.get("amount")
    sums = [amount.get("value"), amount.get("currency")] if isinstance(amount, dict) else [None, None]
    values = [*(item.get(name) for name in _SIGNED), *sums, item.get("eventCode"), item.get("success")]
    return ":".join(map(_text, values)).encode("utf-8", "replace")


def _text(value: object) -> str:
    """As Adyen joins it: nothing escaped, nothing for what is missing."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _signature(item: Mapping[str, Any]) -> bytes:
    additional = item.get("additionalData")
    value = additional.get("hmacSignature") if isinstance(additional, dict) else None
    if not isinstance(value, str) or not value:
        raise VerificationError("an item holds no additionalData.hmacSignature")
    return value.encode("utf-8", "replace")


def _expected(secret: str, text: bytes) -> bytes:
    return base64.b64encode(hmac.digest(secret_key(secret, "hex"), text, "sha256"))


def _proves(secret: str, text: bytes, signature: bytes) -> bool:
    return hmac.compare_digest(_expected(secret, text), signature)


def _envelope(*items: Mapping[str, Any]) -> dict[str, Any]:
    return {"live": "false", "notificationItems": [{"NotificationRequestItem": item} for item in items]}


adapter = Adyen
