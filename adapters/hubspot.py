"""HubSpot: CRM events of an app, up to 100 in a request.

Seen 2026-11-24: hubspot-api-client (PyPI) 12.0.0 utils/signature.py, and the page `docs`.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex
from typing import Any, Literal
from urllib.parse import unquote

from adapters.base import Options, Scheme, StaleTimestamp, VerificationError, WebhookRequest, check_text
from adapters.batch import BatchAdapter
from adapters.fields import Fields
from adapters.schemes import HmacSignature, first_match
from adapters.times import DAY

# The escapes that HubSpot decodes before it signs the URL; its own library signs it as it is.
_DECODED = re.compile(r"%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


@dataclass(frozen=True)
class SignatureV3(HmacSignature):
    """Method, URL, body and time; of the URL both of HubSpot's own spellings are tried."""

    header: str | tuple[str, ...] = "X-HubSpot-Signature-v3"
    encoding: Literal["hex", "base64", "base64url"] = "base64"
    signed: str = "{method}{url}{body}{timestamp}"
    timestamp: str = "X-HubSpot-Request-Timestamp"
    timestamp_unit: Literal["s", "ms", "iso"] = "ms"

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        try:
            return super().verify(request, secrets, now, tolerance)
        except StaleTimestamp:
            raise
        except VerificationError:
            decoded = _DECODED.sub(lambda match: unquote(match[0]), request.url)
            if decoded == request.url:
                raise
            return super().verify(request.with_url(decoded), secrets, now, tolerance)


@dataclass(frozen=True)
class OldSignature(Scheme):
    """The SHA-256 of the secret followed by the body, in v2 by the method and the URL before it."""

    with_url: bool

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        given = request.headers.proof("X-HubSpot-Signature").lower().encode()
        return first_match(
            secrets,
            lambda secret: hmac.compare_digest(self._digest(request, secret), given),
            "the signature in X-HubSpot-Signature",
        )

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        return request.with_headers({"X-HubSpot-Signature": self._digest(request, secret).decode()})

    def expected(self, request: WebhookRequest, secret: str) -> str | None:
        return self._digest(request, secret).decode()

    def _digest(self, request: WebhookRequest, secret: str) -> bytes:
        check_text(secret)
        before = secret + (request.method + request.url if self.with_url else "")
        return sha256(before.encode("utf-8", "replace") + request.body).hexdigest().encode()


class HubSpotOptions(Options):
    """`signature_version`: v1 and v2 sign no time, and are taken only where one asks for them."""

    signature_version: Literal["v1", "v2", "v3"] = "v3"


class HubSpot(BatchAdapter):
    """HubSpot sends the old signatures next to v3, so whoever could choose among them could drop the time."""

    name = "hubspot"
    title = "HubSpot"
    docs = "https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation"
    scheme: Scheme | None = SignatureV3()
    tolerance: float | None = 300
    retry_horizon = DAY  # "up to 10 times over the next 24 hours"
    key = "eventId, subscriptionId, portalId, occurredAt and objectId: eventId alone is not unique"
    first_sample = "contact.creation"
    Options = HubSpotOptions
    options: HubSpotOptions
    items = "body"
    fields = Fields(
        id="item.eventId|digest",
        key=("item.portalId", "item.subscriptionId", "item.eventId", "item.occurredAt", "item.objectId"),
        type="item.subscriptionType",
        time="item.occurredAt",
        time_unit="ms",
        attributes={
            "portal_id": "item.portalId",
            "app_id": "item.appId",
            "object_id": "item.objectId",
            "object_type_id": "item.objectTypeId",
            "property": "item.propertyName",
        },
    )
    example_item = {
        "subscriptionId": 12345,
        "portalId": 62515,
        "appId": 54321,
        "attemptNumber": 0,
        "objectId": 123,
        "changeSource": "CRM",
        "changeFlag": "NEW",
    }

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        if self.options.signature_version != "v3":
            self.scheme = OldSignature(with_url=self.options.signature_version == "v2")
            self.tolerance = None

    def generate_secret(self) -> str:
        return token_hex(18)


adapter = HubSpot
