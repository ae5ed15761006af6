"""POST /webhooks/{source}: the hot path, and nothing else.

Everything between the two awaits, the body and the commit, is plain functions with the clock passed in.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from functools import partial

from starlette.types import Receive, Scope, Send

from adapters.base import AdapterError, Confirm, NeedsKey, Reply, WebhookRequest
from gateway.acknowledging import Acknowledging
from gateway.answer import Answer, Refused
from gateway.answering import KEY_UNAVAILABLE, UNCONFIRMED, fault
from gateway.body import read_body, too_large
from gateway.examining import Examined, examine, refusal, remote_addr, webhook_request
from gateway.fetcher import Fetcher, FetchFailed
from gateway.rejecting import Rejecting, rejection
from gateway.running import Endpoint, Running
from gateway.store import Store
from gateway.telemetry import named
from gateway.telemetry.process import Telemetry
from gateway.telemetry.series import Series
from gateway.webhook import Answered, Webhook

PREFIX = "/webhooks/"

log = logging.getLogger("gateway.ingest")


class Ingest:
    """Receives webhooks. `running` gives the config in force; `wake` hears which subscriptions got events.

    `heard` hears of each webhook of a source that is expected to send, and when (Unix seconds).
    """

    def __init__(
        self,
        running: Callable[[], Running],
        store: Store,
        wake: Callable[[Iterable[str]], None],
        clock: Callable[[], float] = time.time,
        fetcher: Fetcher | None = None,
        heard: Callable[[str, float], None] = lambda _, __: None,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._running = running
        self._clock = clock
        self._in_flight = 0
        self._telemetry = telemetry or Telemetry()
        self._counts = self._telemetry.counts
        self._rejecting = Rejecting(store)
        self._fetcher = fetcher or Fetcher()
        self._acknowledging = Acknowledging(
            store, lambda: running().settings.server.max_in_flight // 2, wake, clock, heard, self._telemetry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as an ASGI application for every path under PREFIX."""
        answer = asyncio.get_running_loop().create_future()
        answered = partial(_settle, answer)
        endpoint = self._admit(scope, answered)
        if endpoint is not None:
            self._in_flight += 1
            try:
                began = await self._read(endpoint, scope, receive, answered)
                status = (await answer).status
                self._counts.source(endpoint.name).answered(status, time.perf_counter() - began)
            finally:
                self._in_flight -= 1
        await (await answer).send(send)

    def take(self, scope: Scope, body: bytes, answered: Answered) -> None:
        """One request whose body is here. `answered` hears its answer once, perhaps before this returns."""
        began = time.perf_counter()
        endpoint = self._admit(scope, answered)
        if endpoint is None:
            return
        self._in_flight += 1

        def done(answer: Answer) -> None:
            self._in_flight -= 1
            self._counts.source(endpoint.name).answered(answer.status, time.perf_counter() - began)
            answered(answer)

        if len(body) > self._running().settings.server.max_body:
            self._refuse_body(endpoint, scope, too_large(self._running().settings.server.max_body), done)
        else:
            self._process(endpoint, scope, body, done)

    def send_home(self) -> None:
        """Answer those who wait for a subscriber: the gateway is about to stop."""
        self._acknowledging.send_home()

    def series(self) -> Series:
        """What is under way, for /metrics."""
        limit = self._running().settings.server.max_in_flight
        for name in self._running().endpoints:
            self._counts.source(name)
        return {(named.REQUESTS.name, ()): self._in_flight, (named.REQUESTS_MAX.name, ()): limit}

    async def close(self) -> None:
        """Leave nothing half done; call it when no request is under way any more."""
        await self._acknowledging.close()
        await self._fetcher.close()
        await self._rejecting.close()

    def _admit(self, scope: Scope, answered: Answered) -> Endpoint | None:
        """The endpoint of a request; None where it was refused before anybody looked into it."""
        running = self._running()
        endpoint = running.endpoints.get(scope["path"][len(PREFIX) :])
        if endpoint is None:
            self._counts.source("").rejected("unknown_source")
            answered(Refused(404, "unknown_source", "no source has this name").answer)
        elif self._in_flight >= running.settings.server.max_in_flight:
            self._counts.source(endpoint.name).rejected("overloaded")
            self._counts.source(endpoint.name).answered(503, 0.0)
            answered(Refused(503, "overloaded", "too many webhooks at once; send it again").answer)
            return None
        return endpoint

    async def _read(self, endpoint: Endpoint, scope: Scope, receive: Receive, answered: Answered) -> float:
        """Read the body and go on with it. Returns when it was there as a whole (time.perf_counter)."""
        server = self._running().settings.server
        try:
            body = await read_body(scope, receive, int(server.max_body), server.body_timeout)
        except Refused as refused:
            self._refuse_body(endpoint, scope, refused, answered)
            return time.perf_counter()
        began = time.perf_counter()
        self._process(endpoint, scope, body, answered)
        return began

    def _refuse_body(self, endpoint: Endpoint, scope: Scope, refused: Refused, answered: Answered) -> None:
        request = webhook_request(endpoint, scope, b"", self._clock())
        self._reject(endpoint, request, scope, refused.code, str(refused))
        answered(refused.answer)

    def _process(self, endpoint: Endpoint, scope: Scope, body: bytes, answered: Answered) -> None:
        """From the whole request to its answer. What goes wrong is an answer too."""
        request = webhook_request(endpoint, scope, body, self._clock())
        webhook = Webhook(endpoint, self._running().router, request, scope, answered)
        try:
            handshake = endpoint.adapter.handshake(request, endpoint.secrets)
            if handshake is not None:
                return answered(Answer.of(handshake))
            examined = self._examine(webhook, request)
        except NeedsKey:
            return self._acknowledging.do_later(self._fetch_first(webhook))
        except Exception as error:
            return answered(fault(error, endpoint))
        self._go_on(webhook, examined)

    def _examine(self, webhook: Webhook, request: WebhookRequest) -> Examined:
        """Raises Refused, for a request that is recorded as a rejection, or NeedsKey."""
        endpoint, scope = webhook.endpoint, webhook.scope
        if request.method not in endpoint.adapter.methods:
            allowed = ", ".join(sorted(endpoint.adapter.methods))
            message = f"a webhook is a {allowed} request"
            raise Refused(405, "method_not_allowed", message, ((b"allow", allowed.encode()),))
        try:
            return examine(endpoint, webhook.router, request, remote_addr(scope), request.received_at)
        except AdapterError as error:
            self._reject(endpoint, request, scope, error.code, str(error))
            raise refusal(error) from error
        except Refused as refused:
            self._reject(endpoint, request, scope, refused.code, str(refused))
            raise

    async def _fetch_first(self, webhook: Webhook) -> None:
        """As `_process` from the proof on, where that needs a document which may have to be fetched."""
        adapter = webhook.endpoint.adapter
        try:
            examined = await self._fetcher.settled(adapter, webhook.request, partial(self._examine, webhook))
        except FetchFailed as failed:
            self._reject(webhook.endpoint, webhook.request, webhook.scope, KEY_UNAVAILABLE.code, str(failed))
            return webhook.answered(KEY_UNAVAILABLE.answer)
        except Exception as error:
            return webhook.answered(fault(error, webhook.endpoint))
        self._go_on(webhook, examined)

    def _go_on(self, webhook: Webhook, examined: Examined) -> None:
        """Store the events of a genuine request, or do what its set-up asks for."""
        if isinstance(examined, Reply):
            return webhook.answered(Answer.of(examined))
        if isinstance(examined, Confirm):
            return self._acknowledging.do_later(self._confirm(webhook, examined))
        self._acknowledging.store(webhook, examined)

    async def _confirm(self, webhook: Webhook, action: Confirm) -> None:
        try:
            await self._fetcher.confirm(webhook.endpoint.adapter, action.url)
        except FetchFailed as failed:
            log.error("the set-up of %s was not confirmed: %s", webhook.endpoint.name, failed)
            return webhook.answered(UNCONFIRMED.answer)
        log.info("the set-up of %s was confirmed", webhook.endpoint.name)
        webhook.answered(Answer.json({"confirmed": True}))

    def _reject(
        self, endpoint: Endpoint, request: WebhookRequest, scope: Scope, code: str, detail: str
    ) -> None:
        self._counts.source(endpoint.name).rejected(code)
        self._rejecting.record(rejection(endpoint, request, remote_addr(scope), code, detail))


def _settle(future: asyncio.Future[Answer], answer: Answer) -> None:
    if not future.done():
        future.set_result(answer)
