"""Quarantine: verify refused requests again, and let the genuine ones in."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from functools import partial

import orjson

from adapters.base import AdapterError, Headers, WebhookRequest
from gateway.admitting import admit
from gateway.examining import Examined, examine
from gateway.fetcher import Fetcher, FetchFailed
from gateway.operate.paging import pages
from gateway.running import Endpoint, Running
from gateway.store import Store
from gateway.store.records import Candidate, Query
from gateway.store.rejections import Rejection

PAGE = 20
"""Rejections that are read at a time: each may hold a body of `server.max_body`."""


async def oldest_first(
    store: Store, source: str, since: int | None, after: int = 0
) -> AsyncIterator[Rejection]:
    """What is in quarantine behind a place, one at a time, since all their bodies together may be large."""
    fetch = partial(store.rejections, quarantined=True)
    found = [one.seq async for one in pages(fetch, Query(source=source, since=since), PAGE)]
    for seq in reversed([seq for seq in found if seq > after]):
        for rejection in await fetch(Query(source=source, before=seq + 1, limit=1)):
            if rejection.seq == seq:
                yield rejection


@dataclass(slots=True)
class Releasing:
    """One release: what it works with, and the requests counted by what became of them."""

    store: Store
    running: Running
    now: int
    dry_run: bool
    let_in: int = 0
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    fetcher: Fetcher = field(default_factory=Fetcher)

    @property
    def total(self) -> int:
        """All requests that were looked at."""
        return self.let_in + self.duplicates + self.refused.total()

    async def release(self, rejection: Rejection) -> None:
        """Verify one request again; where it is genuine, let it in and mark it."""
        try:
            candidates = await examine_again(self.running, rejection, self.fetcher)
        except AdapterError as error:
            self.refused[error.code] += 1
            return
        except FetchFailed:
            self.refused["key_unavailable"] += 1
            return
        if not isinstance(candidates, list):
            self.refused["set_up_request"] += 1
            return
        if self.dry_run or not await self._all_known(candidates):
            self.let_in += 1
        else:
            self.duplicates += 1
        if not self.dry_run:
            await self.store.mark_released(rejection.rejection_id, self.now)

    async def _all_known(self, candidates: list[Candidate]) -> bool:
        outcomes = await admit(self.store, candidates, self.running.router, _nobody_to_wake)
        return all(outcome.duplicate is not None for outcome in outcomes)


async def examine_again(running: Running, rejection: Rejection, fetcher: Fetcher) -> Examined:
    """Verify a quarantined request as of the time it was received. Raises AdapterError or FetchFailed."""
    endpoint: Endpoint = running.endpoints[rejection.source]
    raw = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in orjson.loads(rejection.headers)]
    received_at = rejection.received_at / 1000
    request = WebhookRequest(
        rejection.method, rejection.url, Headers(raw), rejection.body or b"", received_at
    )

    def again(request: WebhookRequest) -> Examined:
        return examine(endpoint, running.router, request, rejection.remote_addr, received_at)

    return await fetcher.settled(endpoint.adapter, request, again)


def _nobody_to_wake(_: Iterable[str]) -> None:
    """A running gateway looks for new deliveries by itself."""
