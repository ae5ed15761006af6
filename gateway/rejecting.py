"""Refused requests on their way to the store, without the sender waiting for it or a flood filling memory."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from typing import Any

from adapters.base import WebhookRequest
from gateway.event import new_id
from gateway.running import Endpoint, kept_headers, kept_url
from gateway.store import Store, StoreError
from gateway.store.rejections import Rejection
from gateway.telemetry.logs import fields
from gateway.telemetry.trace import of_caller

MAX_WAITING = 256
"""Rejections on their way at most; past it they are only counted, in the log."""

LOG_EVERY = 1.0
"""Seconds between two log lines about one source, so that a flood of requests is no flood of lines."""

log = logging.getLogger("gateway.ingest")


class Rejecting:
    """Records rejections in the background."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: set[asyncio.Task[None]] = set()
        self._logged: dict[str, float] = {}
        self._left_out = 0

    def record(self, rejected: Rejection) -> None:
        """Hand a rejection to the store, and tell of it in the log now and then."""
        self._log(rejected)
        if len(self._waiting) >= MAX_WAITING:
            self._left_out += 1
            return
        task = asyncio.create_task(self._keep(rejected))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def close(self) -> None:
        """Wait until every rejection that was handed over is recorded."""
        await asyncio.gather(*self._waiting)

    async def _keep(self, rejected: Rejection) -> None:
        try:
            await self._store.reject(rejected)
        except StoreError as error:
            log.error("a rejection was not recorded: %s", error)
        if self._left_out and len(self._waiting) < MAX_WAITING // 2:
            log.error("%d rejections came too fast to be recorded", self._left_out)
            self._left_out = 0

    def _log(self, rejected: Rejection) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._logged.get(rejected.source, -LOG_EVERY) >= LOG_EVERY:
            self._logged[rejected.source] = now
            log.warning(
                "rejected a request to %s: %s (%s)",
                rejected.source,
                rejected.reason,
                rejected.detail,
                extra=_fields(rejected),
            )


def _fields(rejected: Rejection) -> Mapping[str, Any]:
    told = {
        "message": "webhook.rejected",
        "rejection": rejected.rejection_id,
        "source": rejected.source,
        "reason": rejected.reason,
        "detail": rejected.detail,
    }
    return fields(of_caller(rejected.headers), told)


def rejection(
    endpoint: Endpoint, request: WebhookRequest, remote_addr: str, code: str, detail: str
) -> Rejection:
    """The record of a refused request; its body only where the source has a quarantine."""
    received_at = int(request.received_at * 1000)
    in_quarantine = endpoint.quarantine and bool(request.body)
    return Rejection(
        rejection_id=new_id(received_at),
        source=endpoint.name,
        reason=code,
        detail=detail[:500],
        received_at=received_at,
        remote_addr=remote_addr,
        method=request.method,
        url=kept_url(endpoint, request.url),
        headers=kept_headers(endpoint, request.headers),
        body_size=len(request.body),
        body_sha256=hashlib.sha256(request.body).hexdigest(),
        body=request.body if in_quarantine else None,
        keep=endpoint.keep_rejections,
    )
