"""How much of a process those who follow may take: they slow one another down, never those who send."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

REST = 4.0
"""What an answer took is rested so many times: a fifth of a processor at most is theirs."""

ANSWER = 0.001
"""Seconds that a request and its answer take beside the reading."""

BYTE = 2e-9
"""Seconds that a byte of an answer takes on its way."""

FRESH = 1.0
"""Seconds for which a page is given to others as well: a config that hides more is heeded after that."""

MOST = 33_554_432
"""Bytes of pages that are kept."""

LONGEST = 5.0
"""Seconds of rest at most."""

Page = TypeVar("Page")


class Pace:
    """Whose turn it is, one after the other, with a rest behind each answer.

    A process that does nothing else need not `rest`: 0.
    """

    def __init__(self, rest: float = REST) -> None:
        self._rest = rest
        self._free_at = self._began = 0.0
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, is_over: Callable[[], bool]) -> AsyncIterator[None]:
        """One's turn; who comes first is first. It is not rested any more once `is_over`."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            if loop.time() < self._free_at and not is_over():
                await asyncio.sleep(self._free_at - loop.time())
            self._began = loop.time()
            yield

    def answered(self, size: int) -> None:
        """Within a turn: it brought something, `size` bytes of it, and so a rest comes next."""
        now = asyncio.get_running_loop().time()
        took = now - self._began + ANSWER + size * BYTE
        self._free_at = now + min(LONGEST, self._rest * took)


class Kept(Generic[Page]):
    """The newest pages, for FRESH seconds and MOST bytes. `now` is seconds of any clock."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, tuple[Page, int, float]] = OrderedDict()
        self._size = 0

    def get(self, key: Hashable, now: float) -> Page | None:
        """The page, where it is fresh still."""
        found = self._pages.get(key)
        return found[0] if found is not None and now < found[2] + FRESH else None

    def keep(self, key: Hashable, page: Page, size: int, now: float) -> None:
        """Keep a page of `size` bytes; the oldest go for it."""
        self._drop(key)
        self._pages[key] = page, size, now
        self._size += size
        while self._pages and (self._size > MOST or now >= next(iter(self._pages.values()))[2] + FRESH):
            self._drop(next(iter(self._pages)))

    def _drop(self, key: Hashable) -> None:
        _, size, _ = self._pages.pop(key, (None, 0, 0.0))
        self._size -= size
