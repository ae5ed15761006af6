"""The ASGI application, assembled from its parts, and what runs beside it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from gateway import api
from gateway.answer import RETRY_AFTER, Refused, error_body
from gateway.api import v1
from gateway.catching_up import keep_caught_up
from gateway.config import Settings
from gateway.following import Follower
from gateway.housekeeping import keep_house
from gateway.ingest import PREFIX, Ingest
from gateway.metrics import Metrics
from gateway.operate.auditing import Act, Actor, note
from gateway.pipeline.worker import Worker
from gateway.running import Running
from gateway.store import Store, StoreError, StoreUnavailable, open_store
from gateway.store.audit import Outcome
from gateway.telemetry.process import Telemetry
from gateway.telemetry.siblings import Siblings
from gateway.ui import Site
from gateway.ui import routes as ui_routes
from gateway.watching import Watching
from gateway.webhook import Answered

READY_WITHIN = 2.0
"""Seconds that a commit may take before the gateway counts as not ready."""

log = logging.getLogger("gateway")


@dataclass(frozen=True, slots=True)
class Role:
    """What a process does of all that a gateway does.

    `subscriptions` None: it delivers for every one. `alone`: no other process works on the same store.
    """

    ingests: bool = True
    delivers: bool = True
    subscriptions: frozenset[str] | None = None
    alone: bool = True


class Gateway:
    """One gateway: its config in force, its store, its worker. It is itself the ASGI application."""

    def __init__(
        self,
        settings: Settings,
        role: Role = Role(),
        clock: Callable[[], float] = time.time,
        telemetry: Telemetry | None = None,
        siblings: Siblings | None = None,
    ) -> None:
        """`siblings` are the other processes of the same gateway, for /metrics."""
        self._running = Running.of(settings)
        self._role = role
        self._clock = clock
        self._store: Store | None = None
        self._ingest: Ingest | None = None
        take = self.take if role.ingests else None
        self._api = v1.Api(
            lambda: self._running, lambda: self._store, lambda names: self._wake(names), take, clock
        )
        self._watching: Watching | None = None
        self._worker: Worker | None = None
        self._telemetry = telemetry or Telemetry()
        self._metrics = Metrics(lambda: self._running.settings, clock, siblings)
        self._send: api.Send | None = None
        routes: list[BaseRoute] = [Route("/healthz", self._healthz), Route("/readyz", self._readyz)]
        routes.append(Route("/metrics", self._metrics.answer))
        self._wake: Callable[[Iterable[str]], None] = _nobody_here
        routes += ui_routes(self._site())
        handlers = {HTTPException: _http_error, Refused: _refused}
        self._rest = Starlette(routes=routes, exception_handlers=handlers, lifespan=self._lifespan)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """One connection. Webhooks go past the router: theirs is the hot path."""
        if scope["type"] == "http" and self._role.ingests and scope["path"].startswith(PREFIX):
            return self._started(scope, receive, send)
        if scope["type"] == "http" and scope["path"].startswith(v1.PREFIX):
            return self._api(scope, receive, send)
        if scope["type"] == "http" and self._send is not None and scope["path"].startswith(api.PREFIX):
            return self._send(scope, receive, send)
        return self._rest(scope, receive, send)

    @property
    def ingests(self) -> bool:
        """Whether webhooks are received here."""
        return self._role.ingests

    def take(self, scope: Scope, body: bytes, answered: Answered) -> None:
        """One webhook that is here as a whole; see Ingest.take."""
        self._started.take(scope, body, answered)

    async def note(self, act: Act, outcome: Outcome) -> None:
        """Keep in the audit log what a signal had this process do."""
        if self._store is not None:
            actor = Actor("signal", "", "server", socket.gethostname())
            await note(self._store, actor, act, outcome, round(self._clock() * 1000))

    def let_go(self) -> None:
        """Answer those who follow over the API, since the gateway is about to stop."""
        self._api.stop()

    def send_home(self) -> None:
        """Answer the providers that wait for a subscriber, since the gateway is about to stop."""
        if self._ingest is not None:
            self._ingest.send_home()

    @property
    def _started(self) -> Ingest:
        if self._ingest is None:
            raise RuntimeError("a webhook arrived before the application was started")
        return self._ingest

    def _site(self) -> Site:
        """What the dashboard looks at and acts on."""

        def opened() -> Store:
            if self._store is None:
                raise StoreUnavailable("the store is not open yet; try again")
            return self._store

        def wake(subscriptions: Iterable[str]) -> None:
            self._wake(subscriptions)

        take = self.take if self._role.ingests else None
        return Site(lambda: self._running, opened, wake, take, self._clock)

    @property
    def running(self) -> Running:
        """The config in force."""
        return self._running

    def apply(self, settings: Settings) -> None:
        """Put a new config in force; a request that is under way keeps the one it began with."""
        self._running = Running.of(settings)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Open the store, work until the server stops, then leave nothing half done."""
        settings = self._running.settings.store
        self._store = store = await open_store(
            settings.target, connections=settings.connections, keys=settings.keys
        )
        async with contextlib.AsyncExitStack() as ending:
            ending.push_async_callback(store.close)
            self._metrics.open(store, self._telemetry.counts)
            ending.callback(self._metrics.write)
            self._wake = wake = await self._deliver(store, ending) if self._role.delivers else _nobody_here
            if self._role.ingests:
                self._watching = watching = Watching(store, lambda: self._running, wake, self._clock)
                ending.push_async_callback(watching.close)
                ending.push_async_callback(_end, asyncio.create_task(watching.run()))
                self._ingest = Ingest(
                    lambda: self._running,
                    store,
                    wake,
                    self._clock,
                    heard=watching.heard,
                    telemetry=self._telemetry,
                )
                self._metrics.add(self._ingest.series)
                ending.push_async_callback(self._ingest.close)
                self._send = api.Send(lambda: self._running, store, wake, self._clock, self._telemetry)
                ending.push_async_callback(self._send.close)
            keeping = asyncio.create_task(keep_house(store, lambda: self._running.settings, self._clock))
            ending.push_async_callback(_end, keeping)
            ending.push_async_callback(_end, asyncio.create_task(self._metrics.keep_writing()))
            if self._role.delivers:  # one process of a machine does, whoever receives
                follower = Follower(store, lambda: self._running, wake, self._clock)
                ending.push_async_callback(_end, asyncio.create_task(follower.run()))
                catching_up = keep_caught_up(store, lambda: self._running, wake, self._clock)
                ending.push_async_callback(_end, asyncio.create_task(catching_up))
            yield

    async def _deliver(
        self, store: Store, ending: contextlib.AsyncExitStack
    ) -> Callable[[Iterable[str]], None]:
        """Start the worker; returns how to wake it. What ends it goes to `ending`."""
        self._worker = worker = Worker(
            store,
            lambda: self._running,
            self._clock,
            only=self._role.subscriptions,
            telemetry=self._telemetry,
        )
        self._metrics.add(worker.series)
        if not self._running.settings.store.is_shared:
            await worker.recover()
        if self._role.subscriptions is None:
            await self._tell_orphans(store)
        if not self._role.alone:
            await store.listen(worker.wake)
        working = asyncio.create_task(worker.run())
        ending.push_async_callback(self._stop, worker, working)
        return worker.wake

    async def _stop(self, worker: Worker, working: asyncio.Task[None]) -> None:
        await worker.stop(self._running.settings.server.shutdown_timeout)
        await asyncio.gather(working, return_exceptions=True)

    async def _tell_orphans(self, store: Store) -> None:
        """Say which deliveries wait for a subscription that the config does not have: nobody makes them."""
        for name, count in (await store.waiting()).items():
            if name not in self._running.settings.subscriptions:
                log.warning(
                    "%d deliveries wait for the subscription %r, which is not in the config: bring it back, "
                    "or see them with: gateway deliveries --state pending --subscription %s",
                    count,
                    name,
                    name,
                )

    async def _healthz(self, _: Request) -> Response:
        """200 while it answers; degraded where a source's requests, or a subscription's attempts, fail."""
        found = {
            "sources": self._watching.failing if self._watching is not None else [],
            "subscriptions": self._worker.failing if self._worker is not None else [],
        }
        failing = {kind: names for kind, names in found.items() if names}
        return JSONResponse({"status": "degraded", **failing} if failing else {"status": "ok"})

    async def _readyz(self, _: Request) -> Response:
        """200 where a commit was just done, else 503."""
        try:
            if self._store is None:
                raise StoreError("the store is not open yet")
            async with asyncio.timeout(READY_WITHIN):
                await self._store.ready(round(self._clock() * 1000))
        except (StoreError, TimeoutError) as error:
            log.error("not ready: %s", str(error) or "the store did not commit in time")
            raise Refused(503, "store_unavailable", "the gateway can't store now") from error
        return JSONResponse({"status": "ready"})


def _nobody_here(_: Iterable[str]) -> None:
    """Workers in other processes hear of new deliveries from the store."""


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "error")
    body = error_body(code, error.detail)
    return Response(body, error.status_code, dict(error.headers or {}), media_type="application/json")


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    body = error_body(error.code, str(error))
    headers = {name.decode(): value.decode() for name, value in error.headers}
    if error.status == 503:
        headers["retry-after"] = RETRY_AFTER.decode()
    return Response(body, error.status, headers, media_type="application/json")
