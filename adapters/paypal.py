"""PayPal: REST webhooks.

Seen 2026-11-24: paypalrestsdk 1.13.3 (PyPI), notifications.py; paypal-rest-sdk 1.8.1 (npm);
https://developer.paypal.com/api/rest/webhooks/rest/
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field

from adapters.base import Options, ParsedEvent, VerificationError, WebhookRequest
from adapters.certificate import RsaCertificateSignature
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.times import DAY

_ID, _ALGORITHM, _CERTIFICATE = "PAYPAL-TRANSMISSION-ID", "PAYPAL-AUTH-ALGO", "PAYPAL-CERT-URL"


class PayPalOptions(Options):
    """`webhook_id`: the id that PayPal shows for the webhook. It is signed, and not in the request."""

    webhook_id: str = Field(min_length=1, max_length=255)


@dataclass(frozen=True)
class _Signature(RsaCertificateSignature):
    webhook_id: str = ""

    def signed_content(self, request: WebhookRequest, stamp: str) -> bytes:
        if request.headers.proof(_ALGORITHM) != "SHA256withRSA":
            raise VerificationError(f"the header {_ALGORITHM} is not SHA256withRSA, the only one accepted")
        parts = (request.headers.proof(_ID), stamp, self.webhook_id, str(zlib.crc32(request.body)))
        return "|".join(parts).encode()


class PayPal(PlainAdapter):
    """PayPal signs the CRC-32 of the body, which is no hash: whoever has one genuine request can make another
    body with the same CRC. Fetch what matters from PayPal's API by its id before acting on it.
    """

    name = "paypal"
    title = "PayPal"
    docs = "https://developer.paypal.com/api/rest/webhooks/rest/"
    scheme = _Signature(
        header="PAYPAL-TRANSMISSION-SIG",
        timestamp="PAYPAL-TRANSMISSION-TIME",
        timestamp_unit="iso",
        signed="",
        certificate=f"header.{_CERTIFICATE}",
        hosts=("api.paypal.com", "api-m.paypal.com", "api.sandbox.paypal.com", "api-m.sandbox.paypal.com"),
        path="/[A-Za-z0-9._/-]+",
        name=".paypal.com",
        sample_url="https://api.sandbox.paypal.com/v1/notifications/certs/CERT-sample",
    )
    # PayPal names none. The time is of the attempt, not of the event (a capture of 2023 is 54 minutes older
    # inside than outside), so a day is ample, and shorter than the memory of ids.
    tolerance = DAY
    # 25 attempts in three days.
    retry_horizon = 3 * DAY
    key = "id"
    first_sample = "payment.capture.completed"
    fields = Fields(
        id="body.id",
        type="body.event_type",
        time="body.create_time",
        version="body.event_version",
        attributes={"resource_type": "body.resource_type"},
        words="lower",
    )
    examples = {
        "PAYMENT.CAPTURE.*": {
            "event_version": "1.0",
            "resource_type": "capture",
            "resource_version": "2.0",
            "summary": "Payment completed for $ 30.0 USD",
            "resource": {
                "id": "42311647XV020574X",
                "status": "COMPLETED",
                "amount": {"currency_code": "USD", "value": "30.00"},
            },
        }
    }
    example = {"event_version": "1.0", "resource_version": "2.0", "resource": {"id": "5O190127TN364715T"}}
    Options = PayPalOptions
    options: PayPalOptions

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        self.scheme = replace(self.scheme, webhook_id=self.options.webhook_id)

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        """With `environment`, which the proven certificate's host tells."""
        [event] = super().parse(request)
        is_sandbox = ".sandbox." in (request.headers.get(_CERTIFICATE) or "")
        environment = "sandbox" if is_sandbox else "live"
        return [replace(event, attributes={**event.attributes, "environment": environment})]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        sent = {_ID: f"transmission-{id}", _ALGORITHM: "SHA256withRSA", "PAYPAL-AUTH-VERSION": "v2"}
        return super().sample(type.upper(), now, id).with_headers(sent)


adapter = PayPal
