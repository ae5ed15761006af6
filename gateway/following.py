"""The follower: which deliveries an event that arrived lets go on, or ends, and whose time is over.

Any number of processes may follow one store: what one of them writes down, no other writes again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from gateway.cancelling import cancellation
from gateway.event import Event
from gateway.expression import Expression, InvalidExpression, fields
from gateway.running import Running
from gateway.store import Store, StoreError
from gateway.store.records import Cancellation
from gateway.store.waits import Look, Wait
from gateway.wait import fits, matching

OFTEN, SELDOM = 0.1, 1.0
"""Seconds from one look to the next, while something waits and while nothing does."""

PART = 100
"""Waits that are looked at in one go: some milliseconds of expressions."""

log = logging.getLogger("gateway.following")


class Follower:
    """Follows the events of one store. `wake` hears which subscriptions have something due."""

    def __init__(
        self,
        store: Store,
        running: Callable[[], Running],
        wake: Callable[[Iterable[str]], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock` gives Unix seconds."""
        self._store = store
        self._running = running
        self._wake = wake
        self._clock = clock
        self._wide_at = 0.0
        self._pause = OFTEN

    async def run(self) -> None:
        """Follow for ever. A store that fails is waited for."""
        while True:
            try:
                await self.step()
            except StoreError as error:
                log.error("waiting deliveries wait for the store: %s", error)
            except Exception:
                log.exception("following failed; it goes on")
            await asyncio.sleep(self._pause)

    async def step(self) -> None:
        """One round: all that has arrived, and, once a second, what time alone brings about."""
        while (look := await self._store.waits.look(PART)) is not None:
            await self._resolve(look)
        if time.monotonic() - self._wide_at >= SELDOM:
            self._wide_at = time.monotonic()
            await self.look_around()

    async def look_around(self) -> None:
        """Let go on what has waited long enough, and cancel what is to be cancelled."""
        while woken := await self._store.waits.time_out(self._now()):
            self._wake(woken)
        await self._cancel()
        waits = self._running().router.any_waits or await self._store.waits.next_until() is not None
        self._pause = OFTEN if waits else SELDOM

    async def _resolve(self, look: Look) -> None:
        matched = _matched(look)
        woken = await self._store.waits.resolve(look, [wait.seq for wait in matched], self._now())
        if woken:
            self._wake(woken)
        if any(wait.ends for wait in matched):
            await self._cancel()

    async def _cancel(self) -> None:
        """End the deliveries that an event cancelled, but for those whose attempt is under way still."""
        while condemned := await self._store.waits.condemned():
            first = {wait.delivery_id: wait for wait in reversed(condemned)}
            asked = [await self._cancellation(wait) for wait in first.values()]
            ended = await self._store.cancel(asked)
            self._wake({name for one in asked for emitted in one.emit for name in emitted.subscriptions})
            log.info("cancelled %d deliveries, as cancel_on asks", ended)

    async def _cancellation(self, wait: Wait) -> Cancellation:
        delivery = await self._store.delivery(wait.delivery_id)
        if delivery is None:  # erased between the two reads
            return Cancellation(wait.delivery_id, self._now())
        because = {"reason": f"cancel_on {' '.join(wait.patterns)}", "cancelled_by": wait.async_id}
        return await cancellation(self._store, self._running().router, delivery, self._now(), because)

    def _now(self) -> int:
        return round(self._clock() * 1000)


def _matched(look: Look) -> list[Wait]:
    """The waits of a look that its arrival fits."""
    if look.arrived is None:
        return []
    came = fields(look.arrived)
    return [wait for wait, event in look.waits if _fits(wait, event, came)]


def _fits(wait: Wait, event: Event, came: Mapping[str, Any]) -> bool:
    try:
        return fits(_compiled(wait.match), event, came)
    except InvalidExpression as error:  # opened by a version that knew more
        log.error("the wait %r of %s can't be read: %s", wait.step, wait.delivery_id, error)
        return False


@lru_cache(maxsize=1024)
def _compiled(match: str) -> Expression | None:
    return matching(match)
