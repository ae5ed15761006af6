"""The one guarded fetcher: gets what an adapter's proof needs, from the provider's own hosts alone.

A certificate or key set is fetched once and kept as long as the adapter allows. Who causes a fetch has proved
nothing yet, so everything is bounded: hosts, size, time, how many at once, how many are kept, and how soon a
failed one is tried again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import httpx

from adapters.base import Adapter, KeyRequest, NeedsKey, WebhookRequest

LARGEST = 262_144
"""Bytes of a document at most: a key set has a few thousand."""
WITHIN = 5.0
"""Seconds for one fetch, from connecting to the last byte; providers wait 10 s and more for an answer."""
AT_ONCE = 8
"""Fetches under way at once; past it the sender is asked to come back."""
KEPT = 256
"""Documents kept at most; past it the oldest goes."""
FAILED_FOR = 30.0
"""Seconds for which a document that could not be had is not asked for again."""
NEWER_AFTER = 60.0
"""Seconds after which one address is asked again for a key that was not in what it gave last."""
ASKED = 3
"""Documents that the proof of one request may need: a key set, and a certificate that it names."""

Result = TypeVar("Result")


class FetchFailed(Exception):
    """The document can't be had now. The message names the address and the cause."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A document, or (content None) the problem with it. `at` and `until` are of the clock."""

    content: bytes | None
    problem: str
    at: float
    until: float


@dataclass
class Fetcher:
    """Fetches for adapters, and keeps what it got. Used on one event loop.

    `clock` gives seconds; `transport` None is the network, as httpx reaches it.
    """

    clock: Callable[[], float] = time.monotonic
    transport: httpx.AsyncBaseTransport | None = None
    _kept: dict[tuple[str, str], _Kept] = field(default_factory=dict)
    _under_way: dict[tuple[str, str], asyncio.Task[bytes]] = field(default_factory=dict)

    def answered(
        self, adapter: Adapter, request: WebhookRequest, job: Callable[[WebhookRequest], Result]
    ) -> Result:
        """`job` of the request with the documents that are here. Raises NeedsKey for one that is not."""
        for _ in range(ASKED):
            try:
                return job(request)
            except NeedsKey as question:
                kept = self._fresh(adapter, question.url)
                if kept is None or kept.content is None:
                    raise
                request = request.with_keys({question.url: kept.content})
        return job(request)

    async def settled(
        self, adapter: Adapter, request: WebhookRequest, job: Callable[[WebhookRequest], Result]
    ) -> Result:
        """`job` of the request with every document that it needs. Raises FetchFailed."""
        for _ in range(ASKED):
            try:
                return self.answered(adapter, request, job)
            except NeedsKey as question:
                await self.fetch(adapter, question.request, question.max_age)
        raise FetchFailed(f"the proof needs more than {ASKED} documents")

    async def fetch(self, adapter: Adapter, wanted: KeyRequest, max_age: float) -> bytes:
        """The document `wanted`, kept for `max_age` seconds. Who asks meanwhile shares the one fetch."""
        slot = (adapter.name, wanted.url)
        kept = self._fresh(adapter, wanted.url) or self._recent(adapter, wanted)
        if kept is not None:
            if kept.content is None:
                raise FetchFailed(kept.problem)
            return kept.content
        if slot not in self._under_way:
            if len(self._under_way) >= AT_ONCE:
                raise FetchFailed(f"too many documents are being fetched already; {wanted.target} was not")
            task = asyncio.create_task(self._fetch(adapter, wanted, max_age))
            self._under_way[slot] = task
            task.add_done_callback(lambda _: self._under_way.pop(slot, None))
        return await asyncio.shield(self._under_way[slot])

    async def confirm(self, adapter: Adapter, url: str) -> None:
        """GET `url`, which a verified request asked for. Raises FetchFailed unless that was a success."""
        await self._get(adapter, KeyRequest(url))

    async def close(self) -> None:
        """Let no fetch outlive the server."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _fresh(self, adapter: Adapter, url: str) -> _Kept | None:
        kept = self._kept.get((adapter.name, url))
        return kept if kept is not None and kept.until > self.clock() else None

    def _recent(self, adapter: Adapter, wanted: KeyRequest) -> _Kept | None:
        """What the address of `wanted` gave a moment ago: it has no newer key yet, whoever names one."""
        if wanted.method != "GET" or wanted.url == wanted.target:
            return None
        kept = self._fresh(adapter, wanted.target)
        if kept is None or kept.at + NEWER_AFTER <= self.clock():
            return None
        self._keep(adapter, wanted.url, replace(kept, until=kept.at + NEWER_AFTER))
        return kept

    async def _fetch(self, adapter: Adapter, wanted: KeyRequest, max_age: float) -> bytes:
        now = self.clock()
        try:
            content = await self._get(adapter, wanted)
        except FetchFailed as failed:
            self._keep(adapter, wanted.url, _Kept(None, str(failed), now, now + FAILED_FOR))
            raise
        kept = _Kept(content, "", now, now + max_age)
        self._keep(adapter, wanted.url, kept)
        if wanted.method == "GET":
            self._keep(adapter, wanted.target, kept)
        return content

    def _keep(self, adapter: Adapter, url: str, kept: _Kept) -> None:
        self._kept.pop((adapter.name, url), None)
        while len(self._kept) >= KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[adapter.name, url] = kept

    async def _get(self, adapter: Adapter, wanted: KeyRequest) -> bytes:
        """Ask once. The address is checked here too, whatever the adapter has checked."""
        if not adapter.may_fetch(wanted.target):
            raise FetchFailed(f"{wanted.target[:200]!r} is not an address of {adapter.title} to fetch from")
        try:
            async with asyncio.timeout(WITHIN):
                return await self._received(wanted)
        except TimeoutError:
            raise FetchFailed(f"{wanted.target} gave no answer within {WITHIN:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise FetchFailed(f"{wanted.target}: {type(error).__name__}: {error}") from error

    async def _received(self, wanted: KeyRequest) -> bytes:
        async with (
            httpx.AsyncClient(transport=self.transport, follow_redirects=False) as client,
            client.stream(
                wanted.method, wanted.target, headers=dict(wanted.headers), content=wanted.body
            ) as response,
        ):
            if not response.is_success:
                raise FetchFailed(f"{wanted.target} answered {response.status_code}")
            content = b""
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > LARGEST:
                    raise FetchFailed(f"{wanted.target} has more than {LARGEST} bytes")
            return content
