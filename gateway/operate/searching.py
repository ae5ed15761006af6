"""Searching events by a field of their payload: `data.object.customer=cus_1`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from gateway.operate.paging import Fetch
from gateway.redaction import found_at
from gateway.store import Store
from gateway.store.records import Query, Stored

EXAMPLE = "data.object.customer=cus_1"
CHUNK = 50
"""Events that are read at a time: each may be as large as `server.max_body`."""

SLACK = 1000
"""Places by which the first event of a time may be off: of one ms, ids are in no order, nor are nodes."""

_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
"""What stands in JSON as it is, whoever writes it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A path into the payload and what must stand there: a text, a number, true, false or null as written."""

    path: str
    value: str

    @property
    def needle(self) -> str:
        """The longest piece of the value that its JSON has unchanged, however it is written."""
        return max(_PLAIN.findall(self.value), key=len, default="")

    def fits(self, data: str) -> bool:
        """Whether a JSON text has the value at the path; of a list any item may have it."""
        try:
            document = orjson.loads(data)
        except ValueError:
            return False
        return any(self._is(value) for value in found_at(document, self.path))

    def _is(self, value: Any) -> bool:
        if isinstance(value, list):
            return any(self._is(each) for each in value)
        if isinstance(value, str):
            return value == self.value
        return not isinstance(value, dict) and orjson.dumps(value).decode() == self.value


def wanted(text: str) -> Wanted:
    """What `path=value` asks for, spaces around each left out. Raises ValueError."""
    path, equals, value = text.partition("=")
    if not equals or not all(path.split(".")):
        raise ValueError(f"must be a path and a value such as {EXAMPLE}, not {text[:100]!r}")
    plain = path.strip()
    return Wanted(plain if all(plain.split(".")) else path, value.strip())


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look found, newest first. `before` goes on, None at the end; `through` is how many it saw."""

    rows: Sequence[Stored]
    before: int | None
    through: int

    @property
    def is_cut(self) -> bool:
        """Whether the look ended before its page was full."""
        return self.before is not None and (not self.rows or self.rows[-1].seq != self.before)


async def look(store: Store, asked: Wanted, query: Query) -> Looked:
    """Look through the newest events that `query` wants, and no more than the store thinks good."""
    high, low = await _bounds(store, query)
    floor = max(low, high - store.searching.most)
    rows: list[Stored] = []
    before = high
    while len(rows) <= query.limit:
        part = replace(query, before=before, after=floor - 1, limit=CHUNK)
        found = await store.searching.holding(asked.needle, part)
        rows += [one for one in found if asked.fits(one.event.data)]
        if len(found) < CHUNK:
            break
        before = found[-1].seq
    if len(rows) > query.limit:
        last = rows[query.limit - 1].seq
        return Looked(rows[: query.limit], last, high - last)
    return Looked(rows, floor if floor > low else None, max(0, high - floor))


def searching(store: Store, asked: Wanted) -> Fetch[Stored]:
    """A list of the store that looks on until a page is full or there is nothing left."""

    async def fetch(query: Query) -> Sequence[Stored]:
        rows: list[Stored] = []
        before = query.before
        while len(rows) < query.limit:
            part = replace(query, before=before, limit=query.limit - len(rows))
            found = await look(store, asked, part)
            rows += found.rows
            before = found.before
            if before is None:
                break
        return rows

    return fetch


async def _bounds(store: Store, query: Query) -> tuple[int, int]:
    """The places between which the look may go: below the first, from the second on."""
    high = query.before
    if high is None:
        newest = await store.events(Query(limit=1))
        high = newest[0].seq + 1 if newest else 1
    (mark,) = await store.marks([query.since or 0])
    return high, max(mark.events - SLACK, 0 if query.after is None else query.after + 1, 0)
