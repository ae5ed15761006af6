"""What an `async def` function is called with beside the event."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, ParamSpec, TypeVar, overload

from gateway.functions.errors import Ended, Parked
from gateway.functions.event import Event
from gateway.functions.memory import Memory
from gateway.functions.reference import is_async
from gateway.functions.run import Sendable, Wait

T = TypeVar("T")
P = ParamSpec("P")


class Context:
    """One attempt of a run.

    `run_id` is the delivery's id, the same at every attempt and another for a replay; `attempt` the number of
    this attempt, from 1; `retries` how many failed before; `subscription` the name it runs under.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.run_id = memory.run.run_id
        self.subscription = memory.run.subscription
        self.attempt = memory.run.attempt
        self.retries = memory.run.retries

    def send(self, *events: Sendable) -> Coroutine[Any, Any, list[str]]:
        """Send events, all or none; on disk when this has been awaited. Gives their event_ids.

        A retry, which sends the same again, sends nothing twice. Raises ValueError for what is no event.
        """
        return self._send(events, self._memory.positions(len(events)))

    @overload
    def step(
        self, name: str, code: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **keys: P.kwargs
    ) -> Coroutine[Any, Any, T]: ...
    @overload
    def step(
        self, name: str, code: Callable[P, T], *args: P.args, **keys: P.kwargs
    ) -> Coroutine[Any, Any, T]: ...
    def step(self, name: str, code: Callable[..., Any], *args: Any, **keys: Any) -> Coroutine[Any, Any, Any]:
        """Do `code(*args, **keys)` once in this run, and remember what it returns, on disk.

        An attempt that comes after it was finished gets the result and does not call it. It may be called
        again where the process died before its result was on disk. A plain function runs in a thread. The
        result is what JSON makes of it, the first time too, at most 1 MiB. The second step of a name is
        another one.
        """
        return self._step(self._memory.step(name), functools.partial(code, *args, **keys))

    def sleep(self, wait: Wait) -> Coroutine[Any, Any, None]:
        """Wait for seconds, or `"5m"`, as long as a year, in the store alone.

        The attempt ends here: nothing is held meanwhile. The next one, which uses up no retry, runs the
        function again from its beginning, whose steps are remembered, and goes on behind this.
        """
        return self._sleep(self._memory.named("sleep"), wait)

    def wait_for(
        self, event: str | Sequence[str], match: str | None = None, timeout: Wait | None = None
    ) -> Coroutine[Any, Any, Event | None]:
        """The next event of these names, or patterns; None where none comes within `timeout`.

        `match` is a CEL expression over `event`, the run's own, and `async`, the one that comes, such as
        `event.data.id == async.data.id`. Events count that come after the attempt has ended, which it does
        here, as for a sleep; nothing is held meanwhile.
        """
        names = [event] if isinstance(event, str) else list(event)
        return self._wait_for(self._memory.named("wait"), names, match, timeout)

    async def parallel(self, *doing: Awaitable[T]) -> list[T]:
        """Wait for all of several steps and sleeps at once. Gives their results, in this order.

        Where one fails the others go to their end first; then its error is raised.
        """
        done = await asyncio.gather(*doing, return_exceptions=True)
        errors = [each for each in done if isinstance(each, BaseException)]
        for error in sorted(errors, key=lambda each: isinstance(each, Ended)):
            raise error
        return done  # type: ignore[return-value]

    async def _send(self, events: tuple[Sendable, ...], positions: list[str]) -> list[str]:
        return await self._memory.send(events, positions) if events else []

    async def _step(self, key: str, code: functools.partial[Any]) -> Any:
        found, value = await self._memory.recall(key)
        return value if found else await self._memory.whole(self._do(key, code))

    async def _do(self, key: str, code: functools.partial[Any]) -> Any:
        with self._memory.within(key):
            value = await (code() if is_async(code.func) else self._memory.in_thread(code))
            if inspect.isawaitable(value):
                value = await value
        return await self._memory.keep(key, value)

    async def _wait_for(
        self, key: str, names: list[str], match: str | None, timeout: Wait | None
    ) -> Event | None:
        return self._memory.wait(key, names, match, timeout)

    async def _sleep(self, key: str, wait: Wait) -> None:
        until = await self._memory.sleep(key, wait)
        if until is not None:
            raise Parked(until)
