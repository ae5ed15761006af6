"""Reading long lists a page at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from gateway.store.records import Query

PAGE = 500
"""Rows that are read from the store at a time."""


class Numbered(Protocol):
    """A row that knows its place in the order of the store."""

    @property
    def seq(self) -> int: ...


Kept = TypeVar("Kept", bound=Numbered)
Fetch = Callable[[Query], Awaitable[Sequence[Kept]]]
"""A list of the store: a query in, a page out, newest first."""


async def pages(fetch: Fetch[Kept], query: Query, size: int = PAGE) -> AsyncIterator[Kept]:
    """Every row that `query` wants, newest first, read `size` at a time."""
    while True:
        page = await fetch(replace(query, limit=size))
        for row in page:
            yield row
        if len(page) < size:
            return
        query = replace(query, before=page[-1].seq)
