"""What one attempt of a run remembers of those before it, what it is at, and how long it wants to sleep."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import orjson

from gateway.functions.errors import Abandoned, NonRetriable, Parked
from gateway.functions.event import Event
from gateway.functions.run import Run, Sendable, Wait
from gateway.wait import NewWait

T = TypeVar("T")
InThread = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs a plain function in a thread."""

MOST = 1000
"""Steps of a run at most; sleeps and sends count too."""

LARGEST = 1_048_576
"""Bytes of a step's result as JSON at most."""

LONGEST_NAME = 200
"""Characters of a step's name at most."""

_WITHIN: ContextVar[str] = ContextVar("gateway_step", default="")
"""The step that the current task or thread is in: what it does is counted by itself."""


class Memory:
    """One attempt. Used on the loop, but for `named` and `within`, which are for threads too.

    What is begun is finished before the attempt ends, whatever becomes of those who wait for it: a step that
    was carried out must not be forgotten because another one failed.
    """

    def __init__(self, run: Run, in_thread: InThread) -> None:
        self.run = run
        self.in_thread = in_thread
        self.parks: dict[str, int] = {}
        """The times (Unix ms) until which parts of the run sleep, by their keys."""
        self.waits: list[NewWait] = []
        """The events that parts of the run wait for."""
        self._counts: Counter[str] = Counter()
        self._open: set[asyncio.Task[Any]] = set()
        self._results: asyncio.Task[dict[str, str]] | None = None
        self._closed = self._over = False

    def step(self, name: str) -> str:
        """The key of the next step of this name. Raises ValueError where that is no name."""
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise ValueError(f"a step's name is 1 to {LONGEST_NAME} printable characters, not {name!r:.60}")
        return self.named("step", name)

    def named(self, kind: str, name: str = "") -> str:
        """The key of the next step of this kind and name, the same in every attempt that does the same."""
        self.check()
        base = "/".join(part for part in (_WITHIN.get(), kind, name) if part)
        self._counts[base] += 1
        count = self._counts[base]
        return base if count == 1 else f"{base}#{count}"

    def positions(self, count: int) -> list[str]:
        """The positions of the next events that are sent."""
        self.check()
        scope = _WITHIN.get()
        first = self._counts[f"{scope}/sent"]
        self._counts[f"{scope}/sent"] += count
        return [f"{scope}.{n}" if scope else str(n) for n in range(first, first + count)]

    @contextmanager
    def within(self, key: str) -> Iterator[None]:
        """What is done now belongs to a step."""
        token = _WITHIN.set(key)
        try:
            yield
        finally:
            _WITHIN.reset(token)

    async def recall(self, key: str) -> tuple[bool, Any]:
        """Whether a step was finished before, and its result."""
        results = await self._remembered()
        if key in results:
            return True, orjson.loads(results[key])
        if len(results) >= MOST:
            raise NonRetriable(f"a run has at most {MOST} steps, and {key} is one more; do several in one")
        return False, None

    async def keep(self, key: str, value: Any) -> Any:
        """Remember the result of a step that was begun. Returns it as it will be remembered."""
        return await self._keep(key, _json(key, value))

    async def send(self, events: tuple[Sendable, ...], positions: list[str]) -> list[str]:
        """Send events, or recall that they were sent. Returns their event_ids."""
        key = f"sent/{positions[0]}"
        names = [each.name if isinstance(each, Event) else each.get("name") for each in events]
        found, sent = await self.recall(key)
        if not found:
            sent = await self.whole(self._send(key, events, positions))
        if [name for name, _ in sent] != names:
            before, now = ", ".join(name for name, _ in sent), ", ".join(map(str, names))
            raise ValueError(
                f"this run has sent {before} in the place of {now}; send in the same order at every attempt"
            )
        return [id for _, id in sent]

    async def sleep(self, key: str, wait: Wait) -> int | None:
        """Until when (Unix ms) the run has to wait still, None where that is over."""
        return await self.whole(self._sleep(key, wait))

    def wait(self, key: str, events: Sequence[str], match: str | None, timeout: Wait | None) -> Event | None:
        """What a wait brought. Raises Parked while it is open, and ValueError where it can't be opened."""
        self.check()
        waited = self.run.waited(key)
        if waited is not None and not waited.is_open:
            return waited.event
        self.waits.append(self.run.new_wait(key, events, match, timeout))
        raise Parked(None)

    @property
    def opened(self) -> tuple[NewWait, ...]:
        """The waits that the attempt ends in. Beside one for an event, a sleep is one as well."""
        if not self.waits:
            return ()
        return (*self.waits, *(self.run.timer(key, until) for key, until in self.parks.items()))

    async def whole(self, doing: Coroutine[Any, Any, T]) -> T:
        """What comes of `doing`, which goes on where the one who waits for it is cancelled."""
        if self._closed:
            doing.close()
        self.check()
        task = asyncio.create_task(guarded(doing))
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        return await asyncio.shield(task)

    def check(self) -> None:
        """Raises Abandoned where the function has ended: what it left behind begins nothing new."""
        if self._closed:
            raise Abandoned("the attempt is over; what its function still does counts for nothing")

    async def finish(self) -> None:
        """Begin nothing more, and wait for all that was begun."""
        self._closed = True
        while self._open:
            await asyncio.gather(*self._open, return_exceptions=True)

    def end(self) -> None:
        """Break off what is still open, for nobody any more."""
        self._closed = self._over = True
        for task in (*self._open, *([self._results] if self._results else [])):
            task.cancel()

    async def _remembered(self) -> dict[str, str]:
        """All results, read by the first who asks."""
        if self._results is None:
            self._results = asyncio.create_task(self._read())
        return await asyncio.shield(self._results)

    async def _read(self) -> dict[str, str]:
        return dict(await self.run.steps())

    async def _keep(self, key: str, text: str) -> Any:
        results = await self._remembered()
        if self._over:
            raise Abandoned("the attempt is over")
        results[key] = await self.run.keep(key, text)
        return orjson.loads(results[key])

    async def _send(self, key: str, events: tuple[Sendable, ...], positions: list[str]) -> Any:
        results = await self._remembered()
        results[key] = await self.run.send(key, events, positions)
        return orjson.loads(results[key])

    async def _sleep(self, key: str, wait: Wait) -> int | None:
        found, until = await self.recall(key)
        if not found:
            until = await self._keep(key, str(self.run.until(wait)))
        if self.run.is_over(until):
            return None
        self.parks[key] = until
        return int(until)


async def guarded(doing: Coroutine[Any, Any, T]) -> T:
    """A task that raised one of these would end the gateway."""
    try:
        return await doing
    except (SystemExit, KeyboardInterrupt) as error:
        raise RuntimeError(f"{type(error).__name__} in a step") from error


def _json(key: str, value: Any) -> str:
    """A result as it is kept. Where it can't be, other attempts would only do the step again in vain."""
    try:
        text = orjson.dumps(value)
    except TypeError as error:
        raise NonRetriable(
            f"{key}: its result can't be kept as JSON: {error}; return what JSON has: texts, numbers, lists …"
        ) from error
    if len(text) > LARGEST:
        raise NonRetriable(
            f"{key}: its result has {len(text)} bytes as JSON, and at most {LARGEST} are kept; keep it "
            "elsewhere, and return where it is"
        )
    return text.decode()
