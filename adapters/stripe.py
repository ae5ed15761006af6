"""Stripe: v1 snapshot events, v2 thin event notifications, and the thin twins (`v1.*`) of snapshots.

    sources:
      stripe:
        adapter: stripe
        secrets: ["${STRIPE_WEBHOOK_SECRET}", "${EVENTBRIDGE_API_KEY}"]
        envelope: eventbridge          # besides signed webhooks; or event_grid
        envelope_header: X-Api-Key     # where the token is that proves an envelope
        # envelope_query: code         # or in this parameter of the URL

An event that comes both as a webhook and in an envelope is one event: the dedupe key is Stripe's event id.

Seen 2026-11-23: https://docs.stripe.com/webhooks, https://docs.stripe.com/event-destinations
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from secrets import token_hex, token_urlsafe
from typing import Any, Literal, Self

from pydantic import field_validator, model_validator
from stripe import SignatureVerificationError, WebhookSignature

from adapters import stripe_envelopes
from adapters.base import (
    Adapter,
    Options,
    ParsedEvent,
    PayloadError,
    Reply,
    VerificationError,
    WebhookRequest,
    check_text,
    header_name,
    text_field,
)
from adapters.plain import json_request
from adapters.provider_api import EndpointsApi, EventsApi
from adapters.schemes import first_match
from adapters.stripe_samples import snapshot, thin
from adapters.times import DAY, check_age, event_time, signed_time


class StripeOptions(Options):
    """`twins: merge` makes a snapshot event and its thin twin one event; the first to arrive is kept.

    A subscription must then name both: `stripe/customer.created` and `stripe/v1.customer.created`.
    `envelope` takes events from a cloud too; `adapters.stripe_envelopes` says how those are proven.
    """

    twins: Literal["separate", "merge"] = "separate"
    envelope: stripe_envelopes.EnvelopeKind | None = None
    envelope_header: str = ""
    envelope_query: str = ""

    @field_validator("envelope_header")
    @classmethod
    def _check_header(cls, text: str) -> str:
        return header_name(text)

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if (self.envelope_header or self.envelope_query) and not self.envelope:
            raise ValueError("envelope: write eventbridge or event_grid, or leave out where its token is")
        if self.envelope_header and self.envelope_query:
            raise ValueError("envelope_query: the token is in a header or in the query; leave one out")
        return self

    def token(self) -> stripe_envelopes.EnvelopeToken | None:
        """How an envelope is proven; None where none is taken."""
        if self.envelope is None:
            return None
        header = self.envelope_header or ("" if self.envelope_query else "X-Api-Key")
        return stripe_envelopes.EnvelopeToken(header=header, query=self.envelope_query)


class Stripe(Adapter):
    """Stripe's own library checks the signature; we check the time, since it leaves the future open."""

    name = "stripe"
    title = "Stripe"
    docs = "https://docs.stripe.com/webhooks/signature"
    proof = "HMAC-SHA256, hex, items `v1=` of the header `Stripe-Signature` over `{timestamp}.{body}`"
    tolerance = 300
    # Live mode retries for up to three days: https://docs.stripe.com/webhooks#automatic-retries
    retry_horizon = 3 * DAY
    key = "the event id; with `twins: merge`, for a thin twin its snapshot's"
    first_sample = "customer.created"
    api_key_variable = "STRIPE_API_KEY"
    forwarder = "stripe listen --forward-to {url}"
    # Seen 2026-11-24: https://docs.stripe.com/invoicing/integration/workflow-transitions,
    # https://docs.stripe.com/issuing/controls/real-time-authorizations (which wants the version's header too)
    acts_on_answer = {
        "invoice.created": "an hour after the 2xx it finalizes the invoice and attempts the payment; without "
        "one it waits for up to 72 hours",
        "issuing_authorization.request": "the answer's body approves or declines, within 2 seconds",
    }
    answer_headers = frozenset({"stripe-version"})
    Options = StripeOptions
    options: StripeOptions

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        self._token = self.options.token()

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        if self.options.envelope != "event_grid":
            return None
        return stripe_envelopes.grid_handshake(request)

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: float) -> int:
        if self._token and not request.headers.all("stripe-signature"):
            return self._token.verify(request, secrets, now, None)
        header = request.headers.proof("stripe-signature")
        signed_at = signed_time(_timestamp(header))
        try:
            body = request.body.decode()
        except UnicodeDecodeError:
            raise VerificationError("the body is not UTF-8, as everything that Stripe signs is") from None
        index = first_match(
            secrets, lambda secret: _proves(body, header, secret), "the signature in Stripe-Signature"
        )
        check_age(signed_at, now, self.tolerance)
        return index

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        if self.options.envelope is not None and not request.headers.all("stripe-signature"):
            events = stripe_envelopes.unwrapped(request, self.options.envelope)
            return [self._event(event) for event in events]
        return [self._event(request.json)]

    def _event(self, document: Mapping[str, Any]) -> ParsedEvent:
        if document.get("object") == "event":
            return _snapshot(document)
        if document.get("object") == "v2.core.event":
            return _thin(document, merge=self.options.twins == "merge")
        raise PayloadError("the field 'object' is neither 'event' nor 'v2.core.event'")

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        make = thin if type.startswith(("v1.", "v2.")) else snapshot
        return json_request(self.name, make(type, now, id), now)

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        """With a signing secret as Stripe signs; with another one, where there is an envelope, in that."""
        self.check_secret(secret)
        if self._token and self.options.envelope and not secret.startswith("whsec_"):
            return self._token.sign(
                stripe_envelopes.wrapped(request, self.options.envelope, now), secret, now
            )
        header = WebhookSignature.generate_signature_header(request.body.decode(), secret, int(now))
        return request.with_headers({"Stripe-Signature": header})

    def signed_bytes(self, request: WebhookRequest) -> bytes | None:
        if self._token and not request.headers.all("stripe-signature"):
            return None
        return f"{_timestamp(request.headers.proof('stripe-signature'))}.".encode() + request.body

    def expected(self, request: WebhookRequest, secret: str) -> str | None:
        signed = self.signed_bytes(request)
        if signed is None:
            return None
        stamp, _, body = signed.decode("utf-8", "replace").partition(".")
        header: str = WebhookSignature.generate_signature_header(body, secret, int(signed_time(stamp)))
        return header.rpartition(",")[2]

    def check_secret(self, secret: str) -> None:
        check_text(secret)
        if secret.startswith(("sk_", "rk_", "pk_")):
            raise ValueError("the secret is an API key; the endpoint's signing secret starts with whsec_")

    def generate_secret(self) -> str:
        return token_urlsafe(32) if self._token else "whsec_" + token_hex(32)

    @property
    def signs_body(self) -> bool:
        return self._token is None

    @property
    def keys_are_ids(self) -> bool:
        return self.options.twins != "merge"

    def secret_headers(self) -> frozenset[str]:
        return self._token.secret_headers() if self._token else frozenset()

    def secret_params(self) -> frozenset[str]:
        return self._token.secret_params() if self._token else frozenset()

    def check_api_key(self, key: str) -> None:
        # Imported here alone: it brings the HTTP client, which the hot path does not need.
        from adapters.stripe_api import check_key

        check_key(key)

    def events_api(self, key: str, base: str | None = None, account: str | None = None) -> EventsApi:
        from adapters.stripe_api import StripeApi

        return StripeApi(key, base, account, self._event)

    def endpoints_api(self, key: str, base: str | None = None) -> EndpointsApi:
        from adapters.stripe_api import StripeApi

        return StripeApi(key, base, None, self._event)


def _timestamp(header: str) -> str:
    stamps = [item[2:] for item in header.split(",") if item.startswith("t=")]
    if len(stamps) != 1:
        raise VerificationError(f"the header Stripe-Signature holds {len(stamps)} items t=, not one")
    return stamps[0]


def _proves(body: str, header: str, secret: str) -> bool:
    check_text(secret)
    try:
        WebhookSignature.verify_header(body, header, secret, tolerance=None)
    except SignatureVerificationError:
        return False
    return True


def _snapshot(document: Mapping[str, Any]) -> ParsedEvent:
    version = document.get("api_version")
    return ParsedEvent(
        id=text_field(document, "id"),
        type=text_field(document, "type"),
        payload=document,
        ts=event_time(document.get("created")),
        version=version if isinstance(version, str) else None,
        attributes=_scalars(document, {"livemode": "livemode", "account": "account"}),
    )


def _thin(document: Mapping[str, Any], merge: bool) -> ParsedEvent:
    related = document.get("related_object")
    twin = document.get("snapshot_event")
    return ParsedEvent(
        id=text_field(document, "id"),
        type=text_field(document, "type"),
        payload=document,
        ts=event_time(document.get("created")),
        # https://docs.stripe.com/webhooks/migrate-snapshot-to-thin-events, seen 2026-11-23
        key=text_field(document, "snapshot_event") if merge and twin else None,
        attributes={
            **_scalars(document, {"livemode": "livemode", "context": "context"}),
            **_scalars(related, {"type": "related_object_type", "id": "related_object_id"}),
        },
    )


def _scalars(document: object, names: Mapping[str, str]) -> dict[str, str | bool]:
    """The texts and truth values of `document` under the names that attributes have."""
    if not isinstance(document, dict):
        return {}
    return {
        name: value for field, name in names.items() if isinstance(value := document.get(field), (str, bool))
    }


adapter = Stripe
