"""Sources all of whose requests fail verification: a wrong secret, or somebody who has none.

The counts of rejections are looked at, which every node adds to: so every node comes to the same judgement,
and the hot path does nothing for it. Whether something went in is asked of the store only while one fails.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from adapters.base import StaleTimestamp, VerificationError
from gateway.pipeline import system
from gateway.running import Running
from gateway.store import Store
from gateway.store.records import Query

UNPROVEN = frozenset({VerificationError.code, StaleTimestamp.code, "key_unavailable"})
"""The reasons of rejections that mean: who sent this could not be proven."""

FEWEST = 3
"""So many requests must fail, and none succeed, before it is more than a stray one."""

OVER = 3_600_000
"""Milliseconds without another rejection after which there is no storm any more."""

TOLD_EVERY = 3_600_000
"""Milliseconds from one system event about a source to the next."""

TRY_EVERY = 60_000
"""Milliseconds from one try to tell to the next: another node may have told."""

OVERLAP = 5_000
"""Milliseconds by which looks overlap: a webhook is received a moment before it is on disk."""

log = logging.getLogger("gateway.watching")


@dataclass(slots=True)
class Streak:
    """Rejections without a success in between: those beyond `base`, by reason. All times are Unix ms."""

    base: Counter[str]
    asked_at: int
    since: int
    bad: bool = False
    tried_at: int | None = None


@dataclass(slots=True)
class Refused:
    """How often a source has refused for want of proof, ever, by reason, and when last."""

    reasons: Counter[str] = field(default_factory=Counter)
    last_at: int = 0


class Storms:
    """What one node knows of each source's rejections."""

    def __init__(
        self, store: Store, running: Callable[[], Running], wake: Callable[[Iterable[str]], None]
    ) -> None:
        self._store = store
        self._running = running
        self._wake = wake
        self._streaks: dict[str, Streak] = {}

    @property
    def sources(self) -> list[str]:
        """The sources all of whose requests fail now."""
        return sorted(name for name, streak in self._streaks.items() if streak.bad)

    async def look(self, now: int) -> None:
        """Judge every source as of `now` (Unix ms), and tell of those that have failed. Raises StoreError."""
        refused = await self._refused()
        endpoints = self._running().endpoints
        self._streaks = {name: streak for name, streak in self._streaks.items() if name in endpoints}
        for name in endpoints:
            found = refused.get(name, Refused())
            streak = self._streaks.get(name)
            if streak is None:
                streak = self._streaks[name] = await self._resumed(name, found, now)
            if found.reasons == streak.base:
                streak.asked_at = now
            else:
                await self._follow(name, streak, found, now)

    async def _refused(self) -> dict[str, Refused]:
        found: dict[str, Refused] = {}
        for row in await self._store.rejection_counts():
            if row.reason in UNPROVEN:
                one = found.setdefault(row.source, Refused())
                one.reasons[row.reason] = row.count
                one.last_at = max(one.last_at, row.last_at)
        return found

    async def _resumed(self, name: str, found: Refused, now: int) -> Streak:
        """Where a node begins: in the middle of a storm, if the newest rejections say so."""
        fresh = Streak(found.reasons, now, now)
        if found.last_at <= now - OVER:
            return fresh
        newest = await self._store.rejections(Query(source=name, limit=FEWEST))
        oldest = min((rejected.received_at for rejected in newest), default=0)
        failed = len(newest) == FEWEST and all(rejected.reason in UNPROVEN for rejected in newest)
        if not failed or oldest <= now - OVER or await self._store.has_accepted(name, oldest):
            return fresh
        return Streak(found.reasons - Counter(rejected.reason for rejected in newest), now, oldest)

    async def _follow(self, name: str, streak: Streak, found: Refused, now: int) -> None:
        """There were rejections since the last success: are there enough of them, or was there another?"""
        if found.last_at <= now - OVER or await self._store.has_accepted(name, streak.asked_at - OVERLAP):
            if streak.bad:
                log.warning("requests to %s are verified again, or came to an end", name)
            self._streaks[name] = Streak(found.reasons, now, now)
            return
        streak.asked_at = now
        reasons = found.reasons - streak.base
        if reasons.total() >= FEWEST:
            streak.bad = True
            await self._tell(name, streak, reasons, now)

    async def _tell(self, name: str, streak: Streak, reasons: Counter[str], now: int) -> None:
        if streak.tried_at is not None and now - streak.tried_at < TRY_EVERY:
            return
        told = system.signature_rejected(name, reasons, streak.since, self._running().router, now)
        if await self._store.tell_rejected(name, TOLD_EVERY, now, told):
            log.error("all requests to %s fail verification: %s", name, dict(reasons))
            self._wake(told.subscriptions)
        streak.tried_at = now
