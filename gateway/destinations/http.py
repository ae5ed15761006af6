"""Delivering by HTTP POST: signed, timed, no redirect followed, the answer read only so far."""

from __future__ import annotations

import asyncio
import time
from functools import cached_property

import httpx

from gateway import __version__
from gateway.config import Subscription
from gateway.config.destinations.http import Http
from gateway.destinations.batch import batch_body, batch_headers, batch_id
from gateway.destinations.connections import Connections
from gateway.destinations.contract import Answer, Whole
from gateway.destinations.formats import FORMATS
from gateway.destinations.message import gateway_headers, ms_since
from gateway.destinations.signature import sign
from gateway.hops import next_hop
from gateway.store.records import Claimed

KEPT_RESPONSE = 4096
"""Bytes of the subscriber's answer that are kept with the attempt."""

READ_RESPONSE = 65_536
"""Bytes read so that the connection can be used again; a longer answer costs the connection."""


class HttpDestination:
    """One subscriber's URL, with connections that are kept open."""

    def __init__(self, subscription: Subscription) -> None:
        """The destination's timeout holds for the whole try, from connecting to the answer's last byte."""
        destination = subscription.destination
        assert isinstance(destination, Http)
        self._text = destination.url
        self._keys = destination.signing_keys
        self._timeout = destination.timeout
        self._format = subscription.format
        self._batches = subscription.batch is not None
        self._headers = {
            name.lower(): value.get_secret_value() for name, value in destination.headers.items()
        }
        self._connections = Connections()

    @cached_property
    def _url(self) -> httpx.URL:
        """Made by the first delivery: what httpx refuses is then that delivery's error, not the worker's."""
        return httpx.URL(self._text)

    async def deliver(self, claimed: Claimed, now: float) -> Answer:
        """POST one delivery at `now` (Unix seconds). Never raises for what the other side does."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout):
                status, (text, whole), retry_after = await self._post(claimed, now)
        except TimeoutError:
            return Answer(ms_since(started), error=f"no answer within {self._timeout:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Answer(ms_since(started), error=f"{type(error).__name__}: {error}".rstrip(": "))
        error_text = None if 200 <= status < 300 else _complaint(status)
        return Answer(ms_since(started), status, error_text, text, retry_after, whole)

    async def close_unused(self) -> None:
        """Close the connections that have not been used for a while."""
        await self._connections.close_unused()

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()

    async def _post(self, claimed: Claimed, now: float) -> tuple[int, tuple[str, Whole], str | None]:
        body, headers = self._message(claimed, now)
        request = httpx.Request("POST", self._url, headers=headers, content=body)
        async with self._connections.send(request) as response:
            said = await _said(response)
            return response.status_code, said, response.headers.get("retry-after")

    def _message(self, claimed: Claimed, now: float) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        if self._batches:
            id, told = batch_id(claimed), batch_headers(claimed)
            body, headers = batch_body(claimed, self._format)
        else:
            id, told = claimed.event.event_id, gateway_headers(claimed)
            body, headers = FORMATS[self._format](claimed)
        own = sign(id, int(now), body, self._keys) | {
            "user-agent": f"webhook-gateway/{__version__}",
            "accept-encoding": "identity",
        }
        every = told | own | headers | next_hop(claimed.headers) | self._headers
        return body, [(name.encode("latin-1"), value.encode("latin-1")) for name, value in every.items()]


async def _said(response: httpx.Response) -> tuple[str, Whole]:
    """The answer's beginning as text, without NUL, which PostgreSQL can't store; and all of it."""
    chunks: list[bytes] = []
    read = 0
    async for chunk in response.aiter_raw():
        read += len(chunk)
        chunks.append(chunk)
        if read > READ_RESPONSE:
            break
    body = b"".join(chunks)
    text = body[:KEPT_RESPONSE].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text, Whole(response.headers.multi_items(), body if read <= READ_RESPONSE else None)


def _complaint(status: int) -> str:
    if 300 <= status < 400:
        return f"the subscriber answered {status}; redirects are not followed, configure the final URL"
    return f"the subscriber answered {status}"
