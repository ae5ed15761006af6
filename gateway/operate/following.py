"""Following what happens: a page at a time behind a cursor, waiting while there is nothing.

The store is asked only while somebody follows. However many do, each of its heads is asked for once in EVERY
seconds a process, pages are read one at a time and at the pace of gateway.operate.pacing, and those who are
at the same place get the same page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import orjson

from gateway.operate.cursor import MOST_OPEN, Cursor
from gateway.operate.pacing import Kept, Pace
from gateway.operate.tail import TailRow
from gateway.store import Store
from gateway.store.marks import Mark
from gateway.store.tail import Kind, Listener, Span

KINDS: tuple[Kind, ...] = ("events", "duplicates", "rejections", "deliveries")

EVERY = 0.25
"""Seconds between two looks for something new."""

WINDOW = 5000
"""Places that are looked through at a time, however few rows of them are wanted."""

CHUNK = 50
"""Events that are read at a time: each may be as large as `server.max_body`."""

ENOUGH = 4_194_304
"""Bytes of data and bodies after which a page ends before its limit."""

NEWEST = 2**62
"""A place behind every row: the head behind it is the newest place there is."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody follows. `bodies`: with what a delivery of an event needs. `limit` bounds a page."""

    kinds: tuple[Kind, ...] = ("events",)
    source: str | None = None
    name: str | None = None
    bodies: bool = False
    limit: int = 500
    listener: Listener | None = None


@dataclass(frozen=True)
class Followed:
    """A page: the rows, oldest first, and the cursor behind them."""

    rows: Sequence[TailRow]
    cursor: Cursor

    @cached_property
    def text(self) -> bytes:
        """The rows as a JSON list, written once for all who get this page."""
        return orjson.dumps([row.plain() for row in self.rows])


def _before(mark: Mark, kind: Kind) -> int:
    place: int = getattr(mark, kind)
    return max(0, place - 1)


@dataclass(slots=True)
class Following:
    """Those of one process who follow. `store` gives the store, `stopped` says that they have to go."""

    store: Callable[[], Store]
    stopped: bool = False
    pace: Pace = field(default_factory=Pace)
    _heads: dict[Kind, tuple[int, float]] = field(default_factory=dict)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _kept: Kept[Followed] = field(default_factory=Kept)

    async def begin(self, wanted: Wanted, since: int | None = None) -> Cursor:
        """The cursor at which following begins: now, or with what was stored from `since` (Unix ms) on.

        What ended before now is not told of again.
        """
        places: dict[Kind, int] = {kind: await self._known(kind) for kind in KINDS}
        if since is not None:
            [mark] = await self.store().marks([since])
            places |= {kind: min(_before(mark, kind), places[kind]) for kind in KINDS}
        handed = await self.store().tail.last_handed(wanted.listener.name) if wanted.listener else 0
        return Cursor(places, handed)

    async def page(self, wanted: Wanted, cursor: Cursor, is_over: Callable[[], Awaitable[bool]]) -> Followed:
        """What happened behind the cursor; waits until something did, or `is_over` says so."""
        while True:
            before = cursor.places
            found = await self._next(wanted, cursor)
            if found.rows or self.stopped or await is_over():
                return found
            cursor = found.cursor
            if cursor.places == before:
                await asyncio.sleep(EVERY)

    async def _next(self, wanted: Wanted, cursor: Cursor) -> Followed:
        """What is behind the cursor, when it is this follower's turn."""
        if not await self._is_anything(wanted, cursor):
            return Followed((), cursor)
        async with self.pace.turn(lambda: self.stopped):
            found = await self._shared(wanted, cursor)
            if wanted.listener is not None:
                found = await self._with_handed(wanted, wanted.listener, found)
            if found.rows:
                self.pace.answered(len(found.text))
            return found

    async def _is_anything(self, wanted: Wanted, cursor: Cursor) -> bool:
        """Whether there can be something behind the cursor, or it has to go back."""
        if wanted.listener is not None or cursor.open:
            return True
        return any([await self._known(kind) != cursor.places[kind] for kind in wanted.kinds])

    async def _shared(self, wanted: Wanted, cursor: Cursor) -> Followed:
        """The page that others at the same place have just got, else a new one."""
        now = asyncio.get_running_loop().time()
        key = replace(wanted, listener=None), str(cursor)
        found = self._kept.get(key, now)
        if found is None:
            found = await self._read(wanted, cursor)
            if found.rows:
                self._kept.keep(key, found, len(found.text), now)
        return found

    async def _read(self, wanted: Wanted, cursor: Cursor) -> Followed:
        rows: list[TailRow] = []
        for kind in wanted.kinds:
            found, cursor = await self._forward(wanted, cursor, kind)
            rows += found
        if "deliveries" in wanted.kinds:
            found, cursor = await self._ended(cursor)
            rows += found
        return Followed(sorted(rows, key=lambda row: row.at), cursor)

    async def _with_handed(self, wanted: Wanted, listener: Listener, page: Followed) -> Followed:
        """The page with what the listener was handed."""
        handed, cursor = await self._handed(wanted, listener, page.cursor)
        if not handed:
            return replace(page, cursor=cursor) if cursor != page.cursor else page
        return Followed(sorted([*page.rows, *handed], key=lambda row: row.at), cursor)

    async def _forward(self, wanted: Wanted, cursor: Cursor, kind: Kind) -> tuple[list[TailRow], Cursor]:
        """The next rows of a kind; where its head went back, the cursor does."""
        after = cursor.places[kind]
        head = await self._head(kind, after)
        if head <= after:
            return [], cursor.at(kind, head)
        span = Span(after, min(head, after + WINDOW), wanted.source, wanted.name, wanted.limit)
        if kind == "events":
            found, reached = await self._events(span, wanted.bodies)
            return found, cursor.at(kind, reached)
        if kind == "deliveries":
            return [], await self._made(span, cursor)
        if kind == "rejections" and wanted.name is not None:
            return [], cursor.at(kind, span.upto)  # nobody knows of which name they would have been
        tail = self.store().tail
        if kind == "duplicates":
            copies = await tail.duplicates(span)
            reached = _reached(span, [one.seq for one in copies])
            return list(map(TailRow.of_duplicate, copies)), cursor.at(kind, reached)
        refused = await tail.rejections(span)
        reached = _reached(span, [one.seq for one in refused])
        return list(map(TailRow.of_rejection, refused)), cursor.at(kind, reached)

    async def _events(self, span: Span, bodies: bool) -> tuple[list[TailRow], int]:
        found: list[TailRow] = []
        size, reached = 0, span.after
        while len(found) < span.limit and size < ENOUGH and reached < span.upto:
            part = replace(span, after=reached, limit=min(CHUNK, span.limit - len(found)))
            read = await self.store().tail.events(part)
            found += [TailRow.of_event(one, bodies) for one in read]
            size += sum(len(one.event.data) + len(one.body) for one in read)
            reached = _reached(part, [one.seq for one in read])
        return found, reached

    async def _made(self, span: Span, cursor: Cursor) -> Cursor:
        """Deliveries that were made: they are told of when they end."""
        span = replace(span, limit=MOST_OPEN)
        made = [one.seq for one in await self.store().tail.deliveries(span)]
        return cursor.at("deliveries", _reached(span, made)).awaiting((*cursor.open, *made))

    async def _ended(self, cursor: Cursor) -> tuple[list[TailRow], Cursor]:
        if not cursor.open:
            return [], cursor
        ended = await self.store().tail.ended(cursor.open)
        places = {one.seq for one in ended}
        left = tuple(place for place in cursor.open if place not in places)
        return list(map(TailRow.of_delivery, ended)), cursor.awaiting(left)

    async def _handed(
        self, wanted: Wanted, listener: Listener, cursor: Cursor
    ) -> tuple[list[TailRow], Cursor]:
        tail = self.store().tail
        found = await tail.handed(listener.name, cursor.handed, CHUNK)
        if not found and cursor.handed:
            return [], replace(cursor, handed=min(cursor.handed, await tail.last_handed(listener.name)))
        rows = [TailRow.of_event(one, wanted.bodies, handed=True) for _, one in found]
        return rows, replace(cursor, handed=max([cursor.handed, *(place for place, _ in found)]))

    async def _head(self, kind: Kind, after: int) -> int:
        """Up to where a kind can be read: the shared head, or the store's own word where that is behind."""
        known = await self._known(kind)
        return known if known >= after else await self.store().tail.head(kind, after)

    async def _known(self, kind: Kind) -> int:
        """The head that all share. A cursor is no place to begin at: anybody may send any."""
        async with self._looking:
            known, asked_at = self._heads.get(kind, (None, 0.0))
            now = asyncio.get_running_loop().time()
            if known is None:
                newest = await self.store().tail.head(kind, NEWEST)
                known = await self.store().tail.head(kind, max(0, newest - WINDOW))
            elif now >= asked_at + EVERY * 0.9:
                known = await self.store().tail.head(kind, known)
            else:
                return known
            self._heads[kind] = known, now
            return known


def _reached(span: Span, places: Sequence[int]) -> int:
    """How far a list came: to its last row where it was full, else to the end of the span."""
    return places[-1] if len(places) >= span.limit else span.upto
