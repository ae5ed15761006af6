"""POST /webhooks/{source}: the hot path, and nothing else.

Everything between the two awaits, the body and the commit, is plain functions with the clock passed in.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import orjson
from starlette.types import Receive, Scope, Send

from adapters.base import AdapterError, Headers, ParsedEvent, PayloadError, WebhookRequest
from gateway.answer import Answer, Refused
from gateway.body import read_body, too_large
from gateway.event import Event, InvalidEvent, name_of, new_id, sane_ts
from gateway.pipeline import system
from gateway.pipeline.route import Router
from gateway.rejecting import Rejecting, rejection
from gateway.running import Endpoint, Running, kept_headers, kept_url
from gateway.store import Store, StoreError
from gateway.store.records import Candidate, Duplicate, Outcome, Reception

PREFIX = "/webhooks/"

INTERNAL_ERROR = Refused(500, "internal_error", "the gateway failed; send it again")

Answered = Callable[[Answer], None]

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
        self._telling: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as an ASGI application for every path under PREFIX."""
        answer = asyncio.get_running_loop().create_future()
        answered = partial(_settle, answer)
        endpoint = self._admit(scope, answered)
        if endpoint is not None:
            self._in_flight += 1
            try:
                await self._read(endpoint, scope, receive, answered)
                await answer
            finally:
                self._in_flight -= 1
        await (await answer).send(send)

    def take(self, scope: Scope, body: bytes, answered: Answered) -> None:
        """One request whose body is here. `answered` hears its answer once, perhaps before this returns."""
        endpoint = self._admit(scope, answered)
        if endpoint is None:
            return
        self._in_flight += 1

        def done(answer: Answer) -> None:
            self._in_flight -= 1
            answered(answer)

        if len(body) > self._running().settings.server.max_body:
            self._refuse_body(endpoint, scope, too_large(self._running().settings.server.max_body), done)
        else:
            self._process(endpoint, scope, body, done)

    async def close(self) -> None:
        """Leave nothing half done; call it when no request is under way any more."""
        await asyncio.gather(*self._telling)
        await self._rejecting.close()

    def _admit(self, scope: Scope, answered: Answered) -> Endpoint | None:
        """The endpoint of a request; None where it was refused before anybody looked into it."""
        running = self._running()
        endpoint = running.endpoints.get(scope["path"][len(PREFIX) :])
        if endpoint is None:
            answered(Refused(404, "unknown_source", "no source has this name").answer)
        elif self._in_flight >= running.settings.server.max_in_flight:
            answered(Refused(503, "overloaded", "too many webhooks at once; send it again").answer)
            return None
        return endpoint

    async def _read(self, endpoint: Endpoint, scope: Scope, receive: Receive, answered: Answered) -> None:
        server = self._running().settings.server
        try:
            body = await read_body(scope, receive, int(server.max_body), server.body_timeout)
        except Refused as refused:
            return self._refuse_body(endpoint, scope, refused, answered)
        self._process(endpoint, scope, body, answered)

    def _refuse_body(self, endpoint: Endpoint, scope: Scope, refused: Refused, answered: Answered) -> None:
        request = webhook_request(endpoint, scope, b"", self._clock())
        self._reject(endpoint, request, scope, refused.code, str(refused))
        answered(refused.answer)

    def _process(self, endpoint: Endpoint, scope: Scope, body: bytes, answered: Answered) -> None:
        """From the whole request to its answer. What goes wrong is an answer too."""
        router = self._running().router
        try:
            request = webhook_request(endpoint, scope, body, self._clock())
            handshake = endpoint.adapter.handshake(request, endpoint.secrets)
            if handshake is not None:
                return answered(Answer.of(handshake))
            candidates = self._examine(endpoint, router, request, scope)
        except Refused as refused:
            return answered(refused.answer)
        except Exception:
            log.exception("a webhook to %s broke the adapter %s", endpoint.name, endpoint.adapter.name)
            return answered(INTERNAL_ERROR.answer)
        stored = self._store.accept(candidates)
        stored.add_done_callback(partial(self._stored, candidates, router, answered))

    def _examine(
        self, endpoint: Endpoint, router: Router, request: WebhookRequest, scope: Scope
    ) -> list[Candidate]:
        if request.method != "POST":
            raise Refused(405, "method_not_allowed", "a webhook is a POST request", ((b"allow", b"POST"),))
        try:
            return examine(endpoint, router, request, remote_addr(scope), request.received_at)
        except AdapterError as error:
            self._reject(endpoint, request, scope, error.code, str(error))
            raise refusal(error) from error

    def _reject(
        self, endpoint: Endpoint, request: WebhookRequest, scope: Scope, code: str, detail: str
    ) -> None:
        self._rejecting.record(rejection(endpoint, request, remote_addr(scope), code, detail))

    def _stored(
        self,
        candidates: Sequence[Candidate],
        router: Router,
        answered: Answered,
        stored: asyncio.Future[Sequence[Outcome]],
    ) -> None:
        """Called once the store has spoken: answer, unless a difference is to be told first."""
        error = asyncio.CancelledError() if stored.cancelled() else stored.exception()
        if error is not None:
            return answered(_failure(error))
        outcomes = stored.result()
        wake_subscribed(candidates, outcomes, self._wake)
        if not any(outcome.duplicate is not None and outcome.duplicate.differs for outcome in outcomes):
            return answered(_accepted(outcomes))
        task = asyncio.create_task(self._tell(outcomes, router, answered))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, outcomes: Sequence[Outcome], router: Router, answered: Answered) -> None:
        try:
            await tell_differing(self._store, outcomes, router, self._wake)
        except Exception as error:
            return answered(_failure(error))
        answered(_accepted(outcomes))


def _settle(future: asyncio.Future[Answer], answer: Answer) -> None:
    if not future.done():
        future.set_result(answer)


def _accepted(outcomes: Sequence[Outcome]) -> Answer:
    duplicates = sum(outcome.duplicate is not None for outcome in outcomes)
    return Answer.json({"ids": [outcome.event_id for outcome in outcomes], "duplicates": duplicates})


def _failure(error: BaseException) -> Answer:
    """Nothing was acknowledged, and the sender's next try does it again."""
    if isinstance(error, StoreError):
        log.error("nothing acknowledged: %s", error)
        return Refused(503, "store_unavailable", "the gateway can't store now; send it again").answer
    log.error("nothing acknowledged: the store failed", exc_info=error)
    return INTERNAL_ERROR.answer


async def admit(
    store: Store, candidates: Sequence[Candidate], router: Router, wake: Callable[[Iterable[str]], None]
) -> Sequence[Outcome]:
    """Store one request's events, wake who wants them, and tell of duplicates that differ."""
    outcomes = await store.accept(candidates)
    wake_subscribed(candidates, outcomes, wake)
    await tell_differing(store, outcomes, router, wake)
    return outcomes


def wake_subscribed(
    candidates: Sequence[Candidate], outcomes: Sequence[Outcome], wake: Callable[[Iterable[str]], None]
) -> None:
    """Wake who wants the events that were stored."""
    for candidate, outcome in zip(candidates, outcomes, strict=True):
        if outcome.duplicate is None and candidate.subscriptions:
            wake(candidate.subscriptions)


async def tell_differing(
    store: Store, outcomes: Sequence[Outcome], router: Router, wake: Callable[[Iterable[str]], None]
) -> None:
    """Emit a system event for each duplicate that came with another body.

    Call it before the sender hears of success: should it fail, the provider's next try tells it again.
    """
    differing = [o.duplicate for o in outcomes if o.duplicate is not None and o.duplicate.differs]
    if differing:
        await store.accept([_differs(duplicate, router) for duplicate in differing])
        wake(router.match(system.DIFFERS))


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
