"""Recurly: JSON webhooks. (XML ones are not signed, and are not taken.)

Seen 2026-11-24: lib/recurly/webhooks.rb of recurly-client-ruby at 5233e1b0;
https://docs.recurly.com/recurly-subscriptions/docs/signature-verification
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapters.base import Headers, ParsedEvent, PayloadError, WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature

_HEADER = "recurly-signature"
# Newer webhooks say what changed. Their `id` is the object's, so that the time has to tell events apart.
_CHANGE = Fields(
    id="digest",
    type=("body.object_type", "body.event_type"),
    time="body.event_time",
    attributes={"site_id": "body.site_id", "account_code": "body.account_code", "object_id": "body.id"},
)


@dataclass(frozen=True)
class _Signature(HmacSignature):
    """A list in which its place says what an item is: the time first, then the signatures."""

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        return super().verify(_marked(request), secrets, now, tolerance)

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        marked = super().sign(request, secret, now).headers.proof(_HEADER)
        return request.with_headers({_HEADER: marked.replace("t=", "").replace("v1=", "")})

    def signed_bytes(self, request: WebhookRequest) -> bytes | None:
        return super().signed_bytes(_marked(request))

    def expected(self, request: WebhookRequest, secret: str) -> str | None:
        proof = super().expected(request, secret)
        return proof and proof.removeprefix("v1=")


def _marked(request: WebhookRequest) -> WebhookRequest:
    """`request` with the items of its header named, as the scheme reads them."""
    stamp, *signatures = request.headers.proof(_HEADER).split(",")
    marked = ",".join([f"t={stamp}", *[f"v1={signature.strip()}" for signature in signatures]])
    return replace(request, headers=Headers.of({_HEADER: marked}))


class Recurly(PlainAdapter):
    """For a day after a key is made anew, the old one and the new one both sign; either will do."""

    name = "recurly"
    title = "Recurly"
    docs = "https://docs.recurly.com/recurly-subscriptions/docs/signature-verification"
    scheme = _Signature(
        header=_HEADER, separator=",", version="v1", timestamp="t", timestamp_unit="ms",
        signed="{timestamp}.{body}",
    )  # fmt: skip
    tolerance = 300
    # Ten retries, each 10 + x * 2^(x + 5) seconds after the one before: 73 hours and more in all.
    # https://docs.recurly.com/recurly-subscriptions/docs/automatic-retries
    retry_horizon = sum(10 + x * 2 ** (x + 5) for x in range(10))
    key = "the digest of the body: the provider sends no id"
    first_sample = "subscription.created"
    fields = _CHANGE
    example = {"id": "rzyimqxlza2y", "site_id": "rp8k1z6qy3kt", "account_code": "verena"}

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        document = request.json
        if "event_type" in document:
            return [_CHANGE.event(request)]
        if len(document) != 1 or not all(isinstance(value, dict) for value in document.values()):
            raise PayloadError("the body is neither of event_type nor a single notification")
        # Older webhooks are an object under the name of the notification, and tell no time.
        [name] = document
        return [Fields(id="digest", type=f"={name or '?'}").event(request)]


adapter = Recurly
