"""Moving a store into another engine's: page by page, resumable, then compared row by row.

A broken-off copy goes on behind the last row that arrived: each page is one transaction, and rows come in the
order of their keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from gateway.store.errors import StoreRefused

PAGE = 500
"""Rows that are read and written at a time: with bodies of a few kB, a few MB."""

Row = tuple[Any, ...]
Progress = Callable[[str, int], None]
"""Hears the name of a stream and how many of its rows were just copied or compared."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A table in the order of its key, the first columns. `beside` is one that goes along with its rows."""

    name: str
    first: Row
    beside: str | None = None

    def key(self, row: Row) -> Row:
        """The key of a row."""
        return row[: len(self.first)]


STREAMS = (
    Stream("events", (0,), "requests"),
    Stream("deliveries", (0,), "attempts"),
    Stream("waits", (0,)),
    Stream("arrivals", (0,)),
    Stream("verdicts", ("", "")),
    Stream("duplicates", (0,)),
    Stream("rejections", (0,)),
    Stream("dedupe_keys", ("", "")),
    Stream("rejection_counts", ("", "")),
    Stream("paused", ("",)),
    Stream("backfills", ("", "")),
    Stream("steps", ("", "", "")),
    Stream("audit", (0,)),
    Stream("encryption_keys", ("",)),
)


class Readable(Protocol):
    """A store whose rows can be read in the order of their keys, in the form that PostgreSQL keeps."""

    async def page(self, stream: Stream, after: Row, limit: int) -> Sequence[Row]:
        """The next rows behind the key `after`."""
        ...

    async def beside(self, stream: Stream, first: Row, last: Row) -> Sequence[Row]:
        """The rows that go along with those from `first` to `last`."""
        ...


class Source(Readable, Protocol):
    """The store that is copied; nobody may write to it meanwhile."""

    async def counts(self) -> Mapping[str, int]:
        """How many rows each stream has."""
        ...


class Target(Readable, Protocol):
    """The store that is filled; no gateway works on it yet."""

    async def last(self, stream: Stream) -> Row | None:
        """The key of the last row that is there."""
        ...

    async def take(self, stream: Stream, rows: Sequence[Row], beside: Sequence[Row]) -> None:
        """Store a page and what goes along with it, in one transaction."""
        ...

    async def finish(self) -> None:
        """Have what is stored from now on come behind what was copied."""
        ...


@dataclass(frozen=True, slots=True)
class Compared:
    """One stream on both sides: how many rows, and the SHA-256 over all of them in order."""

    name: str
    rows: int
    digest: str
    same: bool


async def copy(source: Source, target: Target, progress: Progress) -> None:
    """Copy what the target lacks. Raises StoreRefused where it holds something else, or StoreUnavailable."""
    for stream in STREAMS:
        after = await _checked(stream, source, target)
        while rows := await source.page(stream, after, PAGE):
            await target.take(stream, rows, await _beside(source, stream, rows))
            after = stream.key(rows[-1])
            progress(stream.name, len(rows))
    await target.finish()


async def compare(source: Source, target: Target, progress: Progress) -> list[Compared]:
    """Read both sides whole, and tell whether they are the same."""
    return [await _compared(stream, source, target, progress) for stream in STREAMS]


async def _checked(stream: Stream, source: Source, target: Target) -> Row:
    """Where to go on: behind the last row of the target, which the source must have too."""
    last = await target.last(stream)
    if last is None:
        return stream.first
    before = (last[0] - 1,) if isinstance(last[0], int) else (*last[:-1], last[-1][:-1])
    there = await target.page(stream, before, PAGE)
    if not there or not set(there) <= set(await source.page(stream, before, PAGE)):
        raise StoreRefused(
            f"the target holds {stream.name} that the source does not have (up to {last[-1]!r}): it is "
            "another installation's, or a gateway has worked on it; copy into an empty database"
        )
    return last


async def _compared(stream: Stream, source: Source, target: Target, progress: Progress) -> Compared:
    after, count = stream.first, 0
    ours, theirs = hashlib.sha256(), hashlib.sha256()
    while True:
        rows, copied = await source.page(stream, after, PAGE), await target.page(stream, after, PAGE)
        if not rows and not copied:
            return Compared(stream.name, count, ours.hexdigest(), ours.digest() == theirs.digest())
        ours.update(_text(rows, await _beside(source, stream, rows)))
        theirs.update(_text(copied, await _beside(target, stream, copied)))
        count += len(rows)
        after = stream.key((rows or copied)[-1])
        progress(stream.name, len(rows))


async def _beside(side: Readable, stream: Stream, rows: Sequence[Row]) -> Sequence[Row]:
    if stream.beside is None or not rows:
        return []
    return await side.beside(stream, stream.key(rows[0]), stream.key(rows[-1]))


def _text(*parts: Sequence[Row]) -> bytes:
    return orjson.dumps(parts, default=lambda value: value.hex())
