"""POST /webhooks/{source}: the hot path, and nothing else.

Everything between the two awaits, the body and the commit, is plain functions with the clock passed in.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Sequence

import orjson
from starlette.types import Receive, Scope, Send

from adapters.base import AdapterError, Headers, ParsedEvent, PayloadError, WebhookRequest
from gateway.answer import Refused, answer, refuse, reply
from gateway.body import read_body
from gateway.event import Event, InvalidEvent, name_of, new_id, sane_ts
from gateway.pipeline import system
from gateway.pipeline.route import Router
from gateway.rejecting import Rejecting, rejection
from gateway.running import Endpoint, Running, kept_headers, kept_url
from gateway.store import Store, StoreError
from gateway.store.records import Candidate, Duplicate, Outcome, Reception

PREFIX = "/webhooks/"

log = logging.getLogger("gateway.ingest")


class Ingest:
    """Receives webhooks. `running` gives the config in force; `wake` hears which subscriptions got events."""

    def __init__(
        self,
        running: Callable[[], Running],
        store: Store,
        wake: Callable[[Iterable[str]], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._running = running
        self._store = store
        self._wake = wake
        self._clock = clock
        self._in_flight = 0
        self._rejecting = Rejecting(store)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as an ASGI application for every path under PREFIX."""
        running = self._running()
        endpoint = running.endpoints.get(scope["path"][len(PREFIX) :])
        if endpoint is None:
            return await refuse(send, Refused(404, "unknown_source", "no source has this name"))
        if self._in_flight >= running.settings.server.max_in_flight:
            return await refuse(send, Refused(503, "overloaded", "too many webhooks at once; send it again"))
        self._in_flight += 1
        try:
            await self._receive(running, endpoint, scope, receive, send)
        except Refused as refused:
            await refuse(send, refused)
        except Exception:
            log.exception("a webhook to %s broke the adapter %s", endpoint.name, endpoint.adapter.name)
            await refuse(send, Refused(500, "internal_error", "the gateway failed; send it again"))
        finally:
            self._in_flight -= 1

    async def _receive(
        self, running: Running, endpoint: Endpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        now = self._clock()
        server = running.settings.server
        try:
            body = await read_body(scope, receive, int(server.max_body), server.body_timeout)
        except Refused as refused:
            request = webhook_request(endpoint, scope, b"", now)
            self._reject(endpoint, request, scope, refused.code, str(refused))
            raise
        request = webhook_request(endpoint, scope, body, now)
        handshake = endpoint.adapter.handshake(request, endpoint.secrets)
        if handshake is not None:
            return await reply(send, handshake)
        if scope["method"] != "POST":
            raise Refused(405, "method_not_allowed", "a webhook is a POST request", ((b"allow", b"POST"),))
        try:
            candidates = examine(endpoint, running.router, request, remote_addr(scope), now)
        except AdapterError as error:
            self._reject(endpoint, request, scope, error.code, str(error))
            raise refusal(error) from error
        outcomes = await self._accept(candidates, running.router)
        duplicates = sum(outcome.duplicate is not None for outcome in outcomes)
        ids = [outcome.event_id for outcome in outcomes]
        await answer(send, 200, orjson.dumps({"ids": ids, "duplicates": duplicates}))

    async def close(self) -> None:
        """Leave nothing half done; call it when no request is under way any more."""
        await self._rejecting.close()

    def _reject(
        self, endpoint: Endpoint, request: WebhookRequest, scope: Scope, code: str, detail: str
    ) -> None:
        self._rejecting.record(rejection(endpoint, request, remote_addr(scope), code, detail))

    async def _accept(self, candidates: Sequence[Candidate], router: Router) -> Sequence[Outcome]:
        try:
            return await admit(self._store, candidates, router, self._wake)
        except StoreError as error:
            log.error("nothing acknowledged: %s", error)
            raise Refused(503, "store_unavailable", "the gateway can't store now; send it again") from error


async def admit(
    store: Store, candidates: Sequence[Candidate], router: Router, wake: Callable[[Iterable[str]], None]
) -> Sequence[Outcome]:
    """Store one request's events, wake who wants them, and tell of duplicates that differ.

    The system event of a difference is stored before this returns: should it fail, nothing was
    acknowledged, and the provider's next try tells it again.
    """
    outcomes = await store.accept(candidates)
    differing = [o.duplicate for o in outcomes if o.duplicate is not None and o.duplicate.differs]
    if differing:
        await store.accept([_differs(duplicate, router) for duplicate in differing])
        wake(router.match(system.DIFFERS))
    for candidate, outcome in zip(candidates, outcomes, strict=True):
        if outcome.duplicate is None and candidate.subscriptions:
            wake(candidate.subscriptions)
    return outcomes


def examine(
    endpoint: Endpoint, router: Router, request: WebhookRequest, remote_addr: str, now: float
) -> list[Candidate]:
    """Verify a request as of `now` (Unix seconds) and make its events. Raises AdapterError."""
    secret = endpoint.adapter.verify(request, endpoint.secrets, now)
    parsed = endpoint.adapter.parse(request)
    url, headers = kept_url(endpoint, request.url), kept_headers(endpoint, request.headers)
    if len(parsed) == 1 and parsed[0].payload is request.__dict__.get("json"):
        reception = Reception(remote_addr, url, headers, secret)
        return [_candidate(endpoint, router, request, parsed[0], request.body, reception)]
    request_id = new_id(round(request.received_at * 1000))
    reception = Reception(remote_addr, url, headers, secret, request_id, request.body)
    return [
        _candidate(endpoint, router, request, one, orjson.dumps(one.payload), reception) for one in parsed
    ]


def _candidate(
    endpoint: Endpoint,
    router: Router,
    request: WebhookRequest,
    parsed: ParsedEvent,
    data: bytes,
    reception: Reception,
) -> Candidate:
    received_at = int(request.received_at * 1000)
    try:
        name = name_of(endpoint.adapter.name, parsed.type)
    except InvalidEvent as error:
        raise PayloadError(str(error)) from error
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
    return Candidate(event, digest, router.match(name), key, endpoint.window, reception)


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
    url = f"{endpoint.url}?{query}" if query else endpoint.url
    return WebhookRequest(scope["method"], url, Headers(scope["headers"]), body, now)


def remote_addr(scope: Scope) -> str:
    """The sender's address; behind a trusted proxy uvicorn has put the original one here."""
    client = scope.get("client")
    return client[0] if client else ""


def _differs(duplicate: Duplicate, router: Router) -> Candidate:
    return system.duplicate_differs(duplicate, router, duplicate.received_at)
