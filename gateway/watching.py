"""The sources watched from beside the hot path: who is silent, and who sends nothing that can be verified."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from gateway.running import Running
from gateway.silence import Silences
from gateway.store import Store, StoreError
from gateway.storms import Storms

EVERY = 5.0
"""Seconds from one look to the next."""

log = logging.getLogger("gateway.watching")


class Watching:
    """Looks at the sources for as long as the process receives webhooks. `clock` gives Unix seconds."""

    def __init__(
        self,
        store: Store,
        running: Callable[[], Running],
        wake: Callable[[Iterable[str]], None],
        clock: Callable[[], float],
    ) -> None:
        self._silences = Silences(store, running, wake)
        self._storms = Storms(store, running, wake)
        self._clock = clock
        self.heard = self._silences.heard

    @property
    def failing(self) -> list[str]:
        """The sources all of whose requests fail verification now."""
        return self._storms.sources

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Look once. A store that fails is looked at again later."""
        now = round(self._clock() * 1000)
        for looked in (self._silences.look, self._storms.look):
            try:
                await looked(now)
            except StoreError as error:
                log.error("watching the sources waits for the store: %s", error)
            except Exception:
                log.exception("watching the sources failed; it goes on")

    async def close(self) -> None:
        """Write down what was heard last, so that the next start knows of it."""
        try:
            await self._silences.flush(round(self._clock() * 1000))
        except StoreError as error:
            log.error("when sources were last heard was not written down: %s", error)
