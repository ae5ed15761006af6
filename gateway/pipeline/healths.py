"""How every subscriber fares: attempts are counted here, and what they say is shared through the store.

What tells of it is a system event, unless the attempt that brought it about was a system event's delivery.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable

from gateway.config import Subscription, format_duration
from gateway.pipeline import system
from gateway.pipeline.breaker import Breaker
from gateway.pipeline.failing import Failing
from gateway.running import Running
from gateway.store import Store
from gateway.store.health import Health
from gateway.store.records import Candidate, Claimed

PROBED = "circuit breaker: a delivery succeeded"
WITHOUT = "circuit breaker: the config has none for it any more"

log = logging.getLogger("gateway.worker")


class Healths:
    """What one process knows of its subscriptions. Every time is Unix ms; what writes raises StoreError."""

    def __init__(
        self, store: Store, running: Callable[[], Running], wake: Callable[[Iterable[str]], None]
    ) -> None:
        """`wake` hears of the subscriptions that get deliveries."""
        self._store = store.health
        self._running = running
        self._wake = wake
        self._counts: dict[str, Failing] = {}
        self._breakers: dict[str, Breaker] = {}
        self._since: dict[str, int] = {}

    @property
    def failing(self) -> list[str]:
        """Whose attempts fail, as far as this process knows."""
        return sorted(self._since)

    async def attempted(self, claimed: Claimed, succeeded: bool, now: int) -> None:
        """An attempt ended: count it, and tell what that changes."""
        name = claimed.delivery.subscription
        await self._count(claimed, succeeded, now)
        breaker = self._breaker(name)
        if breaker is None:
            return
        change = breaker.attempted(claimed.delivery.delivery_id, succeeded, now / 1000)
        if change == "open":
            await self._open(claimed, breaker, now)
        elif change == "wait":
            await self._store.probe_failed(name, now + round(breaker.rule.wait * 1000), now)
        elif change == "close":
            await self._close(name, PROBED, now, silent=claimed.event.is_system)

    async def look(self, subscriptions: Collection[str], now: int) -> list[str]:
        """Learn what all processes have told. Returns those of `subscriptions` that may be probed now."""
        known = {health.subscription: health for health in await self._store.all()}
        self._since = {n: h.failing_since for n, h in known.items() if h.failing_since is not None}
        return [name for name in subscriptions if await self._follow(name, known.get(name), now)]

    async def probe(
        self, name: str, subscription: Subscription, lease: int, now: int, owner: str
    ) -> Claimed | None:
        """Claim one delivery to try while the breaker of `name` is open; None: not now, or nothing is due."""
        ordered = subscription.order_by is not None
        claimed = await self._store.probe(name, lease, now, owner, ordered)
        breaker = self._breaker(name)
        if claimed is not None and breaker is not None:
            breaker.probe = claimed.delivery.delivery_id
        return claimed

    async def _follow(self, name: str, health: Health | None, now: int) -> bool:
        """Whether a probe may be made."""
        breaker = self._breaker(name)
        is_open = health is not None and health.opened_at is not None
        if breaker is not None:
            breaker.follow(is_open)
        elif is_open and name in self._running().settings.subscriptions:
            await self._close(name, WITHOUT, now)
        at = None if health is None else health.probing_until or health.probe_at
        return breaker is not None and is_open and at is not None and at <= now

    def _breaker(self, name: str) -> Breaker | None:
        """The breaker of the config in force; one whose rule has changed counts anew."""
        subscription = self._running().settings.subscriptions.get(name)
        if subscription is None or subscription.breaker is None:
            self._breakers.pop(name, None)
            return None
        known = self._breakers.get(name)
        if known is None or known.rule != subscription.breaker:
            known = self._breakers[name] = Breaker(subscription.breaker)
        return known

    async def _count(self, claimed: Claimed, succeeded: bool, now: int) -> None:
        """Tell that a subscriber is failing, once, or note that it is well again."""
        name = claimed.delivery.subscription
        counts = self._counts.setdefault(name, Failing())
        counts.attempted(succeeded, now / 1000)
        since = self._since.get(name)
        if since is not None and counts.is_well(since / 1000, now / 1000):
            await self._recover(name, since, now)
            return
        why = counts.why(now / 1000)
        if since is None and not succeeded and why is not None:
            await self._fail(claimed, why, now)

    async def _recover(self, name: str, since: int, now: int) -> None:
        del self._since[name]
        if await self._store.recovered(name):
            lasted = format_duration((now - since) // 1000)
            log.info("subscription.recovered subscription=%s after=%s", name, lasted)

    async def _fail(self, claimed: Claimed, why: str, now: int) -> None:
        name = claimed.delivery.subscription
        self._since[name] = now
        told = system.failing(name, why, self._running().router, now)
        emit = () if claimed.event.is_system else (told,)
        if await self._store.tell_failing(name, why, now, emit):
            log.warning("subscription.failing subscription=%s: %s", name, why)
            self._woken(emit)

    async def _open(self, claimed: Claimed, breaker: Breaker, now: int) -> None:
        name, reason = claimed.delivery.subscription, breaker.told(now / 1000)
        breaker.follow(True)
        told = system.paused(name, reason, self._running().router, now)
        emit = () if claimed.event.is_system else (told,)
        probe_at = now + round(breaker.rule.wait * 1000)
        if await self._store.open(name, reason, now, probe_at, emit):
            log.warning("subscription.paused subscription=%s: %s", name, reason)
            self._woken(emit)

    async def _close(self, name: str, reason: str, now: int, silent: bool = False) -> None:
        told = system.resumed(name, self._running().router, now, reason)
        emit = () if silent else (told,)
        if breaker := self._breaker(name):
            breaker.follow(False)
        if await self._store.close(name, emit):
            log.info("subscription.resumed subscription=%s: %s", name, reason)
            self._wake([name])
            self._woken(emit)

    def _woken(self, emit: Iterable[Candidate]) -> None:
        self._wake({name for candidate in emit for name in candidate.subscriptions})
