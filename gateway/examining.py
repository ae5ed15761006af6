"""What a request amounts to: verified, parsed, named and routed. Plain functions, the clock passed in."""

from __future__ import annotations

import hashlib

import orjson
from starlette.types import Scope

from adapters.base import (
    AdapterError,
    Confirm,
    Headers,
    ParsedEvent,
    PayloadError,
    Reply,
    WebhookRequest,
)
from adapters.naming import event_name
from gateway.answer import Refused
from gateway.conforming import held_to
from gateway.event import Event, new_id, sane_ts
from gateway.hops import HEADER, MOST, TOO_MANY, hops
from gateway.pipeline.route import Router
from gateway.running import Endpoint, kept_headers, kept_url
from gateway.store.records import Candidate, Reception

Examined = list[Candidate] | Reply | Confirm
"""A genuine request: events that ask to be stored, or the answer or action that a set-up request wants."""


def examine(
    endpoint: Endpoint, router: Router, request: WebhookRequest, remote_addr: str, now: float
) -> Examined:
    """Verify a request as of `now` (Unix seconds) and make its events, or what its set-up asks for.

    Raises AdapterError, or NeedsKey where a document must be fetched first.
    """
    secret = endpoint.adapter.verify(request, endpoint.secrets, now)
    challenge = endpoint.adapter.challenge(request, endpoint.secrets)
    if challenge is not None:
        return challenge
    parsed = endpoint.adapter.parse(request)
    url, headers = kept_url(endpoint, request.url), kept_headers(endpoint, request.headers)
    if HEADER in headers and hops(headers) > MOST:
        raise Refused(508, "too_many_hops", TOO_MANY)
    if len(parsed) == 1 and parsed[0].payload is request.__dict__.get("json"):
        reception = Reception(remote_addr, url, headers, secret)
        return [candidate(endpoint, router, request, parsed[0], request.body, reception)]
    request_id = new_id(round(request.received_at * 1000))
    reception = Reception(remote_addr, url, headers, secret, request_id, request.body)
    return [candidate(endpoint, router, request, one, _dumped(one), reception) for one in parsed]


def _dumped(parsed: ParsedEvent) -> bytes:
    try:
        return orjson.dumps(parsed.payload)
    except TypeError as error:  # nested deeper than JSON is written
        raise PayloadError(f"the payload of {parsed.id!r} can't be written as JSON: {error}") from error


def candidate(
    endpoint: Endpoint,
    router: Router,
    request: WebhookRequest,
    parsed: ParsedEvent,
    data: bytes,
    reception: Reception,
) -> Candidate:
    received_at = int(request.received_at * 1000)
    name = event_name(endpoint.adapter.name, parsed.type)
    event = Event(
        event_id=new_id(received_at),
        id=parsed.id,
        name=name,
        source=endpoint.name,
        data=data.decode(),
        ts=sane_ts(parsed.ts, received_at),
        v=parsed.version,
        received_at=received_at,
        attributes=parsed.attributes,
    )
    key = parsed.key or parsed.id
    digest = hashlib.sha256(data).digest()
    routed = router.route(event)
    made = Candidate(
        event,
        digest,
        routed.subscriptions,
        key,
        endpoint.window,
        reception,
        routed.orders,
        routed.verdicts,
        routed.terms,
        routed.waits,
    )
    return made if endpoint.contract is None else held_to(endpoint.contract, made, parsed.payload)


def refusal(error: AdapterError) -> Refused:
    """What the sender hears: what to check, and nothing that would help to forge."""
    if isinstance(error, PayloadError):
        return Refused(400, error.code, f"the signature is right, but {error}")
    if error.code == "stale_timestamp":
        return Refused(401, error.code, "the signed time is too far from now; check both clocks, then resend")
    return Refused(401, error.code, "the signature is missing or wrong; check the secret on both sides")


def webhook_request(endpoint: Endpoint, scope: Scope, body: bytes, now: float) -> WebhookRequest:
    """The request as adapters see it, its URL made from configuration."""
    query = scope["query_string"].decode("latin-1")
    url = f"{endpoint.url.partition('?')[0]}?{query}" if query else endpoint.url
    return WebhookRequest(scope["method"], url, Headers(scope["headers"]), body, now, endpoint.documents)


def remote_addr(scope: Scope) -> str:
    """The sender's address; behind a trusted proxy uvicorn has put the original one here."""
    client = scope.get("client")
    return client[0] if client else ""
