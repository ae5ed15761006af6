"""Square: webhook subscriptions.

Seen 2026-11-24: squareup 46.0.0.20260916 (PyPI), square/utils/webhooks_helper.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.base import VerificationError, WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature
from adapters.times import DAY

_PAYMENT = {
    "id": "hYy9pRFVxpDsO1FB05SunFWUe9JZY",
    "status": "COMPLETED",
    "amount_money": {"amount": 100, "currency": "USD"},
    "location_id": "S8GWD5R9QB376",
    "order_id": "03O3USaPaAaFnI6kkwB1JxGgBsUZY",
}


class Square(PlainAdapter):
    """Square signs the notification URL, as it stands in the subscription, and the body after it.

    So the gateway's public URL must be that URL to the letter. An empty body is refused, as in Square's own
    library.
    """

    name = "square"
    title = "Square"
    docs = "https://developer.squareup.com/docs/webhooks/step3validate"
    scheme = HmacSignature(
        header="x-square-hmacsha256-signature", encoding="base64", signed="{url}{body}"
    )  # fmt: skip
    # For 24 hours; for 72 hours in an older text. https://developer.squareup.com/docs/webhooks/troubleshooting
    retry_horizon = 3 * DAY
    key = "event_id"
    first_sample = "payment.updated"
    fields = Fields(
        id="body.event_id",
        type="body.type",
        time="body.created_at",
        attributes={
            "merchant_id": "body.merchant_id",
            "location_id": "body.location_id",
            "environment": "header.Square-Environment",
        },
    )
    examples = {
        "payment.*": {
            "merchant_id": "6SSW7HV8K2ST5",
            "data": {"type": "payment", "id": _PAYMENT["id"], "object": {"payment": _PAYMENT}},
        }
    }
    example = {"merchant_id": "6SSW7HV8K2ST5", "data": {"type": "customer", "id": "AQ3XFAK5EWMMP"}}

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: float) -> int:
        if not request.body:
            raise VerificationError("the body is empty; Square sends none that is")
        return super().verify(request, secrets, now)

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        return super().sample(type, now, id).with_headers({"Square-Environment": "Sandbox"})


adapter = Square
