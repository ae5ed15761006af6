"""Kept-open connections to one subscriber, each an httpx transport of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from ssl import SSLContext
from time import monotonic as now
from typing import Any

import httpx

KEPT_OPEN = 4.0
"""Seconds that an unused connection is kept: less than the 5 after which Node and uvicorn close theirs."""

_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEPT_OPEN)


class Connections:
    """Sends requests on connections that are kept open; how many at once is the caller's to bound.

    Not httpx's own pool: for every request that one goes through all its connections several times and asks
    the kernel about each idle one. With 64 of them this was three quarters of a delivery's processor time
    (https://github.com/encode/httpcore/pull/1035).
    """

    def __init__(self) -> None:
        self._idle: deque[tuple[float, httpx.AsyncHTTPTransport]] = deque()

    @asynccontextmanager
    async def send(self, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        """The answer to `request`, its body not yet read. Raises httpx.HTTPError; redirects are answers."""
        opening = _Opening()
        if self._idle:
            transport = self._idle.pop()[1]
        else:
            transport = httpx.AsyncHTTPTransport(verify=_trusted(), limits=_ONE)
            request.extensions["trace"] = opening.note
        try:
            response = await transport.handle_async_request(request)
            try:
                yield response
            finally:
                await response.aclose()
        except BaseException:
            await transport.aclose()
            await opening.undo()
            raise
        self._idle.append((now(), transport))

    async def close_unused(self) -> None:
        """Close what nothing was sent on for KEPT_OPEN seconds."""
        while self._idle and now() - self._idle[0][0] >= KEPT_OPEN:
            await self._idle.popleft()[1].aclose()

    async def close(self) -> None:
        """Close all; none may be in use."""
        while self._idle:
            await self._idle.popleft()[1].aclose()


class _Opening:
    """Remembers a new connection's socket: httpx loses it where the TLS handshake is cancelled."""

    def __init__(self) -> None:
        self._opened: Any = None

    async def note(self, event: str, info: dict[str, Any]) -> None:
        """A step of httpx, by its `trace` extension."""
        if event == "connection.connect_tcp.complete":
            self._opened = info["return_value"]

    async def undo(self) -> None:
        """Close the socket, which may be closed already."""
        if self._opened is not None:
            await self._opened.aclose()


@cache
def _trusted() -> SSLContext:
    """The certificate authorities to trust: loading them takes far longer than a delivery."""
    return httpx.create_ssl_context(trust_env=False)
