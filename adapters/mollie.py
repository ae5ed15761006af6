"""Mollie: next-generation webhooks, and the classic ones of a payment.

Seen 2026-11-24: mollie-api-py 1.10.20 (PyPI), mollie/webhooks/signature_validator.py;
https://docs.mollie.com/reference/webhooks-new and https://docs.mollie.com/reference/webhooks
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.base import Options, ParsedEvent, PayloadError, Scheme, WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter, form_request
from adapters.schemes import HmacSignature, SharedToken
from adapters.times import DAY

# What the id in a classic webhook is the id of:
# https://docs.mollie.com/reference/common-data-types
_CLASSIC = {"tr": "payment", "ord": "order", "sub": "subscription", "re": "refund", "pl": "payment-link"}
_HEADER = "X-Mollie-Signature"


class MollieOptions(Options):
    """`classic: true`: webhooks of one payment, unsigned; their URL has to carry `?token=` and the secret."""

    classic: bool = False


@dataclass(frozen=True)
class _Signature(HmacSignature):
    """`sha256=` may be missing, and there may be several signatures, as in Mollie's library."""

    def signatures(self, texts: Sequence[str]) -> list[str]:
        return [text.removeprefix("sha256=") for text in texts if text]

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        signature = super().sign(request, secret, now).headers.proof(_HEADER)
        return request.with_headers({_HEADER: f"sha256={signature}"})


class Mollie(PlainAdapter):
    """A classic webhook says that something about a payment changed, not what: fetch the payment.

    It has no id of its own and comes again with the same body at each change, so each one is an event.
    """

    name = "mollie"
    title = "Mollie"
    docs = "https://docs.mollie.com/reference/webhooks-new"
    scheme: Scheme = _Signature(header=_HEADER, separator=",")
    # Ten attempts in 26 hours: https://docs.mollie.com/reference/webhooks
    retry_horizon = DAY + 2 * 3600
    key = "id; of a classic webhook the payment's id and the time of arrival"
    first_sample = "payment-link.paid"
    fields = Fields(
        id="body.id", type="body.type", time="body.createdAt", attributes={"entity_id": "body.entityId"}
    )
    example = {"resource": "event", "entityId": "pl_qng5gbbv8NAZ5gpM5ZYgx"}
    Options = MollieOptions
    options: MollieOptions

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        if self.options.classic:
            self.scheme = SharedToken(query="token")
            self.first_sample = "payment.changed"  # type: ignore[misc]  # its types are others

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        return [_classic(request)] if self.options.classic else super().parse(request)

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        if not self.options.classic:
            return super().sample(type, now, id)
        prefixes = {resource: prefix for prefix, resource in _CLASSIC.items()}
        prefix = prefixes.get(type.partition(".")[0], "tr")
        return form_request(self.name, {"id": f"{prefix}_{id}"}, now)


def _classic(request: WebhookRequest) -> ParsedEvent:
    ids = request.form.get("id", [])
    if len(ids) != 1 or not 0 < len(ids[0]) <= 100 or not ids[0].isprintable():
        raise PayloadError("the form does not hold one id, as Mollie's classic webhooks do")
    arrival = round(request.received_at * 1000)
    return ParsedEvent(
        id=f"{ids[0]}:{arrival}",
        type=f"{_CLASSIC.get(ids[0].partition('_')[0], 'resource')}.changed",
        payload={"id": ids[0]},
        ts=arrival,
    )


adapter = Mollie
