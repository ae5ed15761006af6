"""Those who follow over the API: how many may wait at a time, and how they are let go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.api.v1.problem import Problem
from gateway.operate.following import Following
from gateway.store import Store
from gateway.store.tail import Listener

MOST = 256
"""Requests of a process that may wait at a time."""

AGAIN = 10_000
"""ms after which a listener is noted again."""

REMEMBERED = 1000
"""Listeners of which a process knows when it noted them."""


class Streams:
    """The requests of one process that wait for something to happen. `clock` is Unix seconds."""

    def __init__(self, store: Callable[[], Store], clock: Callable[[], float]) -> None:
        self.following = Following(store)
        self.clock = clock
        self._store = store
        self._waiting = 0
        self._noted: OrderedDict[str, Listener] = OrderedDict()

    @contextmanager
    def seat(self) -> Iterator[None]:
        """A place to wait in. Raises Problem 429 where there is none."""
        if self._waiting >= MOST:
            headers = {"retry-after": "5"}
            raise Problem(
                429, "too_many_streams", f"{MOST} others follow this process already", None, headers
            )
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def attend(self, listener: Listener) -> None:
        """Note a listener, at most once in AGAIN where it says nothing new."""
        known = self._noted.pop(listener.name, None)
        is_new = known is None or (known.who, known.to) != (listener.who, listener.to)
        if known is not None and not is_new and listener.seen_at - known.seen_at < AGAIN:
            self._noted[listener.name] = known
            return
        await self._store().tail.attend(listener)
        self._noted[listener.name] = listener
        while len(self._noted) > REMEMBERED:
            self._noted.popitem(last=False)

    def stop(self) -> None:
        """Answer those who wait, since the process is about to end."""
        self.following.stopped = True
