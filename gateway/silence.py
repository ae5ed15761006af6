"""Sources that are expected to send, and don't: each silence is told once, by whichever node sees it first.

What was heard is flushed to the store with every look, which answers with what all nodes heard. A silence
counts only while somebody could have heard something: after a gap in which no node looked it counts anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from gateway.config import format_duration
from gateway.pipeline import system
from gateway.running import Running
from gateway.store import Store
from gateway.store.watch import Watched

GAP = 15_000
"""Milliseconds without a look after which nobody was there to hear: three looks left out."""

LATE = 10_000
"""Milliseconds by which a silence is told late: other nodes flush what they heard with their next look."""

SETTLING = 60_000
"""Milliseconds after its start in which a node tells of no silence: whoever could not get in tries again."""

log = logging.getLogger("gateway.watching")


class Silences:
    """What one node heard since its last look, and the looks."""

    def __init__(
        self, store: Store, running: Callable[[], Running], wake: Callable[[Iterable[str]], None]
    ) -> None:
        self._store = store
        self._running = running
        self._wake = wake
        self._heard: dict[str, int] = {}
        self._started: int | None = None

    def heard(self, source: str, at: float) -> None:
        """A webhook of `source` went in at this Unix time (seconds)."""
        self._heard[source] = round(at * 1000)

    async def look(self, now: int) -> None:
        """Flush what was heard, and tell (at `now`, Unix ms) which sources are silent. Raises StoreError."""
        self._started = now if self._started is None else self._started
        expected = {n: e.expects for n, e in self._running().endpoints.items() if e.expects is not None}
        for watched in await self._flush(expected, now):
            longest = round(expected[watched.source] * 1000)
            if watched.told or watched.quiet_for <= longest + LATE or now < self._started + SETTLING:
                continue
            await self._tell(watched, expected[watched.source], now)

    async def flush(self, now: int) -> None:
        """Write down what was heard, before the end. Raises StoreError."""
        await self._flush((), now)

    async def _flush(self, expected: Iterable[str], now: int) -> list[Watched]:
        heard, self._heard = self._heard, {}
        asked = {name: heard.get(name) for name in {*expected, *heard}}
        if not asked:
            return []
        try:
            known = await self._store.watch(asked, GAP, now)
        except BaseException:
            self._heard = {**heard, **self._heard}
            raise
        return [watched for watched in known if watched.source in set(expected)]

    async def _tell(self, watched: Watched, expects: float, now: int) -> None:
        router, source = self._running().router, watched.source
        told = system.source_silent(source, format_duration(expects), watched, router, now)
        if await self._store.tell_silent(source, watched.counted_from, now, told):
            quiet, expected = format_duration(watched.quiet_for // 1000), format_duration(expects)
            log.warning("nothing from %s for %s; expected is every %s", source, quiet, expected)
            self._wake(told.subscriptions)
