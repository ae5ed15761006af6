"""Stripe's events inside the envelope of Amazon EventBridge or Azure Event Grid; see `adapters.stripe`.

Stripe hands them to the cloud, and the cloud to the gateway: by an API destination of EventBridge, which
sends the API key of its connection, or by a webhook subscription of Event Grid, with a delivery property (a
header) or a query parameter that holds a secret. So the proof is that token, and not a signature of Stripe's.

Seen 2026-11-24: stripe 16.1.0 (PyPI), _webhook.py; https://docs.stripe.com/event-destinations/eventbridge,
https://docs.stripe.com/event-destinations/eventgrid,
https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from adapters.base import PayloadError, Reply, WebhookRequest
from adapters.matching import first_match, secret_key
from adapters.passwords import SharedToken
from adapters.times import write_time

EnvelopeKind = Literal["eventbridge", "event_grid"]

STRIPE_OBJECTS = ("event", "v2.core.event")
MAX_CODE = 1024
"""Characters of Event Grid's validation code; the real one is a GUID."""

_GRID_ORIGIN = b"eventgrid.azure.net"


@dataclass(frozen=True)
class EnvelopeToken(SharedToken):
    """A token of the source's secrets. A signing secret (`whsec_`) never travels, so it is none."""

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        token = self._in_query(request.url) if self.query else self._in_header(request.headers)

        def proves(secret: str) -> bool:
            same = hmac.compare_digest(secret_key(secret, "text"), token)
            return same and not secret.startswith("whsec_")

        what = f"the token in the {'query' if self.query else 'header'} {self.header or self.query}"
        return first_match(secrets, proves, what)


def unwrapped(request: WebhookRequest, kind: EnvelopeKind) -> list[dict[str, Any]]:
    """Stripe's events in a proven request. Raises PayloadError where it holds something else.

    Event Grid may send several in one array. An event of Stripe's without an envelope is taken as it is.
    """
    document = request.document
    envelopes = document if kind == "event_grid" and isinstance(document, list) else [document]
    return [_stripe_event(envelope, "detail" if kind == "eventbridge" else "data") for envelope in envelopes]


def wrapped(request: WebhookRequest, kind: EnvelopeKind, now: float) -> WebhookRequest:
    """The same event of Stripe's in an envelope, for samples."""
    event, stamp = request.json, write_time(now, "iso")
    if kind == "eventbridge":
        envelope: object = {
            "version": "0",
            "id": f"{event['id']}-eventbridge",
            "detail-type": event["type"],
            "source": "aws.partner/stripe.com/ed_test_sample",
            "account": "123456789012",
            "time": stamp,
            "region": "eu-west-1",
            "resources": [f"arn:aws:events:eu-west-1::event-source/aws.partner/stripe.com/{event['id']}"],
            "detail": event,
        }
    else:
        envelope = {
            "specversion": "1.0",
            "id": f"{event['id']}-event-grid",
            "type": event["type"],
            "source": "/stripe.com/ed_test_sample",
            "time": stamp,
            "datacontenttype": "application/json",
            "data": event,
        }
    return request.with_body(orjson.dumps(envelope))


def grid_handshake(request: WebhookRequest) -> Reply | None:
    """The answer to Event Grid's validation of a new subscription: it proves nothing and stores nothing.

    A webhook in Event Grid's own schema is asked by a POST to repeat a code, one in that of CloudEvents by
    OPTIONS (https://github.com/cloudevents/spec/blob/v1.0.1/http-webhook.md, 4).
    """
    if request.method == "OPTIONS":
        if request.headers.all("webhook-request-origin") != [_GRID_ORIGIN]:
            return None
        headers = {"WebHook-Allowed-Origin": _GRID_ORIGIN.decode(), "WebHook-Allowed-Rate": "*"}
        return Reply(200, headers=headers)
    if request.method != "POST" or request.headers.get("aeg-event-type") != "SubscriptionValidation":
        return None
    try:
        events = request.document
    except PayloadError:
        return None
    event = events[0] if isinstance(events, list) and len(events) == 1 else events
    data = event.get("data") if isinstance(event, dict) else None
    code = data.get("validationCode") if isinstance(data, dict) else None
    if not isinstance(code, str) or not 0 < len(code) <= MAX_CODE:
        return None
    try:
        body = orjson.dumps({"validationResponse": code})
    except TypeError:  # a lone surrogate
        return None
    return Reply(200, body, {"Content-Type": "application/json"})


def _stripe_event(envelope: Any, field: str) -> dict[str, Any]:
    inner = envelope.get(field) if isinstance(envelope, Mapping) else None
    for event in (envelope, inner):
        if isinstance(event, dict) and event.get("object") in STRIPE_OBJECTS:
            return event
    raise PayloadError(f"neither the body nor its field {field!r} is an event of Stripe's")
