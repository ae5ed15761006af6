"""The context of a plain `def` function, which runs in a thread of its own."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

from gateway.functions.errors import Ended, Parked
from gateway.functions.event import Event
from gateway.functions.memory import Memory, guarded
from gateway.functions.run import Sendable, Wait

T = TypeVar("T")
P = ParamSpec("P")


class SyncContext:
    """As Context, for a function that is no `async def`: each method waits until it is done."""

    def __init__(self, memory: Memory, loop: asyncio.AbstractEventLoop) -> None:
        """`loop` is the gateway's own; the methods are called in other threads."""
        self._memory = memory
        self._loop = loop
        self.run_id = memory.run.run_id
        self.subscription = memory.run.subscription
        self.attempt = memory.run.attempt
        self.retries = memory.run.retries

    def send(self, *events: Sendable) -> list[str]:
        """As Context.send."""
        positions = self._memory.positions(len(events))
        return self._await(self._memory.send(events, positions)) if events else []

    def step(self, name: str, code: Callable[P, T], *args: P.args, **keys: P.kwargs) -> T:
        """As Context.step; `code` is called in this thread."""
        key = self._memory.step(name)
        found, value = self._await(self._memory.recall(key))
        if found:
            return value  # type: ignore[no-any-return]
        with self._memory.within(key):
            done: Any = code(*args, **keys)
            if inspect.iscoroutine(done):
                done = self._await(done)
        return self._await(self._memory.whole(self._memory.keep(key, done)))  # type: ignore[no-any-return]

    def sleep(self, wait: Wait) -> None:
        """As Context.sleep."""
        until = self._await(self._memory.sleep(self._memory.named("sleep"), wait))
        if until is not None:
            raise Parked(until)

    def wait_for(
        self, event: str | Sequence[str], match: str | None = None, timeout: Wait | None = None
    ) -> Event | None:
        """As Context.wait_for."""
        names = [event] if isinstance(event, str) else list(event)
        return self._await(self._wait_for(self._memory.named("wait"), names, match, timeout))

    def parallel(self, *doing: Callable[[], T]) -> list[T]:
        """Call several functions at once, each in a thread: `lambda: ctx.step("a", fetch, 1)`.

        Gives their results, in this order. Where one fails the others go to their end first; then its error
        is raised. Steps in them need names that differ.
        """
        futures = [self._begin(self._in_thread(each)) for each in doing]
        errors = [error for future in futures if (error := future.exception()) is not None]
        for error in sorted(errors, key=lambda each: isinstance(each, Ended)):
            raise error
        return [future.result() for future in futures]

    async def _wait_for(
        self, key: str, names: list[str], match: str | None, timeout: Wait | None
    ) -> Event | None:
        return self._memory.wait(key, names, match, timeout)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await self._memory.in_thread(work)  # type: ignore[no-any-return]

    def _begin(self, doing: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(guarded(doing), self._loop)

    def _await(self, doing: Coroutine[Any, Any, T]) -> T:
        return self._begin(doing).result()
