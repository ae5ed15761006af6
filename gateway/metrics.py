"""GET /metrics: what this gateway counted, and what waits in its store, as Prometheus reads it."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Callable, Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from gateway import __version__
from gateway.answer import Refused
from gateway.config import Settings
from gateway.store import Store, StoreError
from gateway.store.health import Health
from gateway.telemetry import named
from gateway.telemetry.counts import MOST_NAMES, Counts
from gateway.telemetry.prometheus import page
from gateway.telemetry.series import Series, added
from gateway.telemetry.siblings import EVERY, Siblings

ASK_EVERY = 5.0
"""Seconds for which what was read from the store is told again: counting a large backlog has its cost."""

ASK_WITHIN = 2.0
"""Seconds that the store may take; a scrape has a timeout too."""

log = logging.getLogger("gateway")


class Metrics:
    """The page of one process, or, with `siblings`, of all processes of one gateway."""

    def __init__(
        self, settings: Callable[[], Settings], clock: Callable[[], float], siblings: Siblings | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._siblings = siblings
        self._own: list[Callable[[], Series]] = []
        self._store: Store | None = None
        self._asked: tuple[float, Series] = (float("-inf"), {})

    def open(self, store: Store, counts: Counts) -> None:
        """Tell of this store, and of what this process counts."""
        self._store = store
        self._own = [counts.series, store.commits.series]

    def add(self, part: Callable[[], Series]) -> None:
        """Tell of a further part of this process, which may have something to say to its counts first."""
        self._own.insert(0, part)

    async def answer(self, request: Request) -> Response:
        """The page. Raises Refused where metrics are switched off, or the token is not the admin's."""
        _admit(self._settings(), request)
        content, content_type = page(await self.series(), request.headers.get("accept", ""))
        return Response(content, media_type=content_type)

    async def series(self) -> Series:
        """Everything that the page tells."""
        own = added(part() for part in self._own)
        together = own if self._siblings is None else self._siblings.together(own)
        return {**together, **await self._of_store(), **self._info()}

    async def keep_writing(self) -> None:
        """Write down for the siblings what this process counts, for ever."""
        while self._siblings is not None:
            self.write()
            await asyncio.sleep(EVERY)

    def write(self) -> None:
        """Write it down now, as the last thing a process does."""
        if self._siblings is not None:
            self._siblings.write(added(part() for part in self._own))

    def _info(self) -> Series:
        engine = "postgresql" if self._settings().store.is_shared else "sqlite"
        return {(named.INFO.name, (__version__, engine)): 1}

    async def _of_store(self) -> Series:
        at, found = self._asked
        now = time.monotonic()
        if now - at >= ASK_EVERY:
            found = await self._ask()
            self._asked = (now, found)
        return found

    async def _ask(self) -> Series:
        """The backlog and the pauses; without them where the store can't tell in time."""
        try:
            if self._store is None:
                raise StoreError("the store is not open yet")
            async with asyncio.timeout(ASK_WITHIN):
                backlog = await self._store.backlog(round(self._clock() * 1000))
                paused = await self._store.paused()
                healths = {each.subscription: each for each in await self._store.health.all()}
        except (StoreError, TimeoutError) as error:
            log.error("metrics without the backlog: %s", str(error) or "the store did not answer in time")
            return {(named.READABLE.name, ()): 0}
        waiting = {one.subscription: (one.waiting, one.due, one.oldest / 1000) for one in backlog}
        held = {pause.subscription for pause in paused}
        names = [*self._settings().subscriptions, *waiting, *held, *healths]
        return {**_backlogs(names, waiting, held), **_healths(names, healths), (named.READABLE.name, ()): 1}


def _backlogs(names: Iterable[str], waiting: dict[str, tuple[int, int, float]], held: set[str]) -> Series:
    """Of the subscriptions of the config first, then of others that the store still knows."""
    found: dict[tuple[str, tuple[str, ...]], float] = {}
    for name in list(dict.fromkeys(names))[:MOST_NAMES]:
        values = (*waiting.get(name, (0, 0, 0.0)), int(name in held))
        metrics = (named.WAITING, named.DUE, named.OLDEST, named.PAUSED)
        found |= {(metric.name, (name,)): value for metric, value in zip(metrics, values, strict=True)}
    return found


def _healths(names: Iterable[str], healths: Mapping[str, Health]) -> Series:
    """How the same subscriptions fare."""
    found: dict[tuple[str, tuple[str, ...]], float] = {}
    for name in list(dict.fromkeys(names))[:MOST_NAMES]:
        health = healths.get(name, Health(name))
        found[named.BREAKER.name, (name,)] = ("closed", "half open", "open").index(health.breaker)
        found[named.FAILING.name, (name,)] = int(health.failing is not None)
    return found


def _admit(settings: Settings, request: Request) -> None:
    """Whoever has the admin token; anybody on this machine where there is none."""
    if not settings.server.metrics:
        raise Refused(404, "not_found", "server.metrics is off")
    token = settings.server.admin_token
    if token is None or not token.get_secret_value():
        if settings.server.is_loopback:
            return
        raise Refused(401, "unauthorized", "set server.admin_token, and send it as a bearer token")
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    wanted = token.get_secret_value().encode()
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), wanted):
        challenge = ((b"www-authenticate", b"Bearer"),)
        raise Refused(401, "unauthorized", "send server.admin_token as a bearer token", challenge)
