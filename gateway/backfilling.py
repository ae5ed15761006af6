"""Backfill: the events that a provider keeps and that no webhook brought go in through the same dedupe.

What is read passes three questions: does a subscription want it, was it had before, and who came first. The
place where it goes on is stored with every page, so that a process that dies repeats a page at most.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any, TypeVar

import orjson

from adapters.base import Headers, ParsedEvent, PayloadError, WebhookRequest
from adapters.naming import event_name
from adapters.provider_api import ApiBusy, CursorGone, EventsApi, EventsPage
from gateway.admitting import tell, wake_subscribed
from gateway.examining import candidate
from gateway.pipeline.route import Router
from gateway.running import Endpoint
from gateway.store import Store
from gateway.store.places import Place
from gateway.store.records import Candidate, Reception

GRACE = 60.0
"""Seconds. What is younger is left to its webhook, which may be under way."""

LEASE = 180_000
"""Milliseconds for which a backfill is taken, counted anew with every page."""

BUSY_TRIES = 8
"""How often a provider that wants fewer requests is asked again, each time after a longer wait."""

REMOTE = "backfill"
"""What stands where a webhook has the address of its sender."""

Asked = TypeVar("Asked")
Sleep = Callable[[float], Awaitable[Any]]


class BackfillBusy(Exception):
    """Somebody else is at the backfill of this source now."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read. `since` (Unix seconds) counts where there is no place to go on from, or `anew`.

    `undelivered`: only what some endpoint of the provider did not acknowledge; that leaves no place to go on
    from, nor does `anew` or `dry_run`. What is older than `horizon` (Unix seconds) may be had and forgotten.
    """

    since: float
    horizon: float
    account: str = ""
    anew: bool = False
    undelivered: bool = False
    dry_run: bool = False
    rate: int = 50

    @property
    def keeps_place(self) -> bool:
        """Whether the next backfill goes on behind this one."""
        return not (self.anew or self.undelivered or self.dry_run)


@dataclass(slots=True)
class Report:
    """What came of it: `missed` counts by name the events that no webhook had brought, `ids` are theirs.

    `until` is the time up to which it has read (Unix seconds), `restarted` says that the place to go on from
    was lost, `more` that it was ended early.
    """

    read: int = 0
    had: int = 0
    unwanted: int = 0
    too_old: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    ids: list[str] = field(default_factory=list)
    until: float = 0.0
    restarted: bool = False
    more: bool = False


class Backfilling:
    """One backfill of one source and account. `wake` hears which subscriptions got events.

    After a page `is_over` may end it early: the next one goes on there, where it keeps its place, else from
    the time up to which this one has read, which is later than where it began.
    """

    def __init__(
        self,
        store: Store,
        endpoint: Endpoint,
        router: Router,
        api: EventsApi,
        wake: Callable[[Iterable[str]], None],
        clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
        progress: Callable[[Report], None] = lambda _: None,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._endpoint = endpoint
        self._router = router
        self._api = api
        self._wake = wake
        self._clock = clock
        self._sleep = sleep
        self._progress = progress
        self._is_over = is_over
        self._place = Place(endpoint.name, "")
        self.report = Report()

    async def run(self, wanted: Wanted) -> Report:
        """Read everything up to a minute ago. Raises ApiError, StoreError, BackfillBusy: then go on later."""
        name, now = self._endpoint.name, self._now()
        if wanted.dry_run:
            await self._read(wanted)
            return self.report
        place = await self._store.begin_backfill(name, wanted.account, now, now + LEASE)
        if place is None:
            raise BackfillBusy(f"a backfill of {name} is under way; it is one at a time, so try again later")
        self._place = place
        try:
            await self._read(wanted)
        finally:
            await self._store.mark_backfill(self._place, 0)
        return self.report

    async def _read(self, wanted: Wanted) -> None:
        """From the first page to the last whose events are old enough."""
        until = self._clock() - GRACE
        page = await self._first(wanted)
        while True:
            settled = _settled(page.events, until)
            await self._take(settled, wanted)
            whole = len(settled) == len(page.events)
            self._go_on_behind(page.cursor if whole else settled[-1].id if settled else None, wanted)
            self._tell(settled)
            if not whole or not page.more or page.cursor is None:
                break
            if self._is_over() and (wanted.keeps_place or self.report.until > wanted.since):
                self.report.more = True
                return
            page = await self._asked(self._api.after, page.cursor, wanted.undelivered)
        self.report.until = until

    def _go_on_behind(self, cursor: str | None, wanted: Wanted) -> None:
        """The place is stored with the next group of events, or at the end."""
        if cursor is not None and wanted.keeps_place:
            self._place = replace(self._place, cursor=cursor)

    async def _first(self, wanted: Wanted) -> EventsPage:
        if self._place.cursor is None or wanted.anew or wanted.undelivered:
            return await self._asked(self._api.start, max(wanted.since, wanted.horizon), wanted.undelivered)
        try:
            return await self._asked(self._api.after, self._place.cursor, False)
        except CursorGone:
            self.report.restarted = True
            return await self._asked(self._api.start, wanted.horizon, False)

    async def _asked(self, ask: Callable[..., Awaitable[Asked]], *args: Any) -> Asked:
        """What the provider answers, asked for again where it is busy."""
        for wait in range(BUSY_TRIES):
            try:
                return await ask(*args)
            except ApiBusy as busy:
                await self._sleep(busy.retry_after or 0.5 * 2**wait)
        return await ask(*args)

    async def _take(self, events: Sequence[ParsedEvent], wanted: Wanted) -> None:
        """Store what a subscription wants and nobody has brought, at the rate that is wanted."""
        missing = await self._missing(events, wanted)
        if not wanted.dry_run:
            await self._store.mark_backfill(self._place, self._now() + LEASE)
        for start in range(0, len(missing), wanted.rate):
            some = missing[start : start + wanted.rate]
            if not wanted.dry_run:
                began = self._clock()
                some = await self._store_new(some)
                await self._sleep(max(0.0, len(some) / wanted.rate - max(0.0, self._clock() - began)))
            self.report.missed.update(one.event.name for one in some)
            self.report.ids += [one.event.id for one in some]

    async def _missing(self, events: Sequence[ParsedEvent], wanted: Wanted) -> list[Candidate]:
        self.report.read += len(events)
        recent = [one for one in events if one.ts is None or one.ts >= wanted.horizon * 1000]
        self.report.too_old += len(events) - len(recent)
        named = [one for one in recent if self._is_named(one)]
        had = await self._store.known(self._endpoint.name, [one.key or one.id for one in named])
        new = [one for one in named if (one.key or one.id) not in had]
        whole = [await self._asked(self._api.whole, one) for one in new]
        missing = [made for one in whole if (made := self._candidate(one)) and _is_wanted(made)]
        self.report.had += len(named) - len(new)
        self.report.unwanted += len(recent) - len(named) + len(new) - len(missing)
        return missing

    def _is_named(self, parsed: ParsedEvent) -> bool:
        """Whether the patterns of a subscription match it; its filter needs the payload."""
        try:
            return bool(self._router.match(event_name(self._endpoint.adapter.name, parsed.type)))
        except PayloadError:
            return False

    async def _store_new(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Those that were new. A webhook that came a moment before wins, and that one is had."""
        outcomes = await self._store.accept(candidates)
        wake_subscribed(candidates, outcomes, self._wake)
        await tell(self._store, candidates, outcomes, self._router, self._wake)
        new = [one for one, outcome in zip(candidates, outcomes, strict=True) if outcome.duplicate is None]
        self.report.had += len(candidates) - len(new)
        return new

    def _candidate(self, parsed: ParsedEvent) -> Candidate | None:
        """The event as it would be stored; None where its type can be no part of a name."""
        url = f"{self._api.url}/{parsed.id}"
        request = WebhookRequest("GET", url, Headers([]), b"", self._clock())
        reception = Reception(REMOTE, url, "[]", None)
        data = orjson.dumps(parsed.payload)
        try:
            made = candidate(self._endpoint, self._router, request, parsed, data, reception)
        except PayloadError:
            return None
        return replace(made, digest=b"")

    def _tell(self, settled: Sequence[ParsedEvent]) -> None:
        times = [one.ts / 1000 for one in settled if one.ts is not None]
        self.report.until = max([self.report.until, *times])
        self._progress(self.report)

    def _now(self) -> int:
        return round(self._clock() * 1000)


def _is_wanted(candidate: Candidate) -> bool:
    """Whether a subscription wants it, or would if its schema did not refuse it."""
    return bool(candidate.subscriptions) or candidate.breach is not None


def _settled(events: Sequence[ParsedEvent], until: float) -> Sequence[ParsedEvent]:
    """Those from the first on that are not younger than `until` (Unix seconds)."""
    return list(takewhile(lambda one: one.ts is None or one.ts <= until * 1000, events))
