"""The ASGI application, assembled from its parts, and what runs beside it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.answer import RETRY_AFTER, Refused, error_body
from gateway.config import Settings
from gateway.housekeeping import keep_house
from gateway.ingest import PREFIX, Ingest
from gateway.pipeline.worker import Worker
from gateway.running import Running
from gateway.store import Store, StoreError, open_store

READY_WITHIN = 2.0
"""Seconds that a commit may take before the gateway counts as not ready."""

log = logging.getLogger("gateway")


class Gateway:
    """One gateway: its config in force, its store, its worker. It is itself the ASGI application."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._running = Running.of(settings)
        self._clock = clock
        self._store: Store | None = None
        self._ingest: ASGIApp = _starting
        routes = [Route("/healthz", _healthz), Route("/readyz", self._readyz)]
        handlers = {HTTPException: _http_error, Refused: _refused}
        self._rest = Starlette(routes=routes, exception_handlers=handlers, lifespan=self._lifespan)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """One connection. Webhooks go past the router: theirs is the hot path."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            return self._ingest(scope, receive, send)
        return self._rest(scope, receive, send)

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
        self._store = store = await open_store(self._running.settings.store.path)
        worker = Worker(store, lambda: self._running, self._clock)
        await worker.recover()
        self._ingest = ingest = Ingest(lambda: self._running, store, worker.wake, self._clock)
        await self._tell_orphans(store)
        working = asyncio.create_task(worker.run())
        keeping = asyncio.create_task(keep_house(store, lambda: self._running.settings, self._clock))
        try:
            yield
        finally:
            keeping.cancel()
            await ingest.close()
            await worker.stop(self._running.settings.server.shutdown_timeout)
            await asyncio.gather(working, keeping, return_exceptions=True)
            await store.close()

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


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _starting(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("a webhook arrived before the application was started")


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "error")
    body = error_body(code, error.detail)
    return Response(body, error.status_code, dict(error.headers or {}), media_type="application/json")


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    body = error_body(error.code, str(error))
    retry = {"retry-after": RETRY_AFTER.decode()}
    return Response(body, error.status, retry, media_type="application/json")
