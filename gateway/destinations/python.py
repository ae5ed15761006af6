"""Delivering to a function of one's own, in this process: a coroutine, or a plain function in a thread."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from typing import Any

from gateway.config import Subscription
from gateway.config.destinations.python import Python
from gateway.destinations.contract import Answer
from gateway.destinations.ended import Raised, Returned, answer
from gateway.destinations.message import ms_since
from gateway.destinations.threads import Threads
from gateway.functions import Context, Event, SyncContext
from gateway.functions.memory import Memory
from gateway.functions.reference import is_async, takes
from gateway.functions.run import Runs
from gateway.store.records import Claimed

HUNG = 2
"""Calls of a plain function that may run at once, as a multiple of `concurrency`.

A thread can't be stopped: one that is past its time-out goes on, and the next attempt needs another.
"""


class PythonDestination:
    """One function. What it returns is the answer, what it raises the error with its traceback."""

    def __init__(self, subscription: Subscription, runs: Runs) -> None:
        section = subscription.destination
        assert isinstance(section, Python)
        self._section = section
        self._runs = runs
        self._most = subscription.concurrency * HUNG
        self._threads = Threads(f"gateway-{section.handler}")

    async def deliver(self, claimed: Claimed, now: float) -> Answer:
        """Call the function. Whatever it raises is an Answer, also what would end the process.

        The steps that it began are finished before that, as long as `timeout` lasts.
        """
        started = time.perf_counter()
        memory = Memory(self._runs.of(claimed), self._threads.run)
        try:
            async with asyncio.timeout(self._section.timeout):
                ended = await self._ended(Event.of(claimed.event), memory)
                await memory.finish()
        except TimeoutError:
            ended = Raised(self._late())
        finally:
            memory.end()
        return answer(ended, memory.parks, memory.opened, round(now * 1000), ms_since(started))

    async def _ended(self, event: Event, memory: Memory) -> Returned | Raised:
        try:
            return Returned(await self._called(event, memory))
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and _is_stopped():
                raise
            return Raised(error)

    async def close_unused(self) -> None:
        """Nothing is kept open."""

    async def close(self) -> None:
        """Let the threads end."""
        self._threads.close()

    @functools.cached_property
    def _code(self) -> Callable[..., Any]:
        return self._section.reference.load()

    async def _called(self, event: Event, memory: Memory) -> Any:
        code, count = self._code, takes(self._code, 2)
        if is_async(code):
            return await code(*(event, Context(memory))[:count])
        if self._threads.busy >= self._most:
            raise RuntimeError(
                f"{self._threads.busy} calls of {self._section.handler} are under way or past their "
                "time-out; end what they wait for, or restart the gateway"
            )
        context = SyncContext(memory, asyncio.get_running_loop())
        return await self._threads.run(functools.partial(code, *(event, context)[:count]))

    def _late(self) -> TimeoutError:
        still = "" if is_async(self._code) else "; its thread can't be stopped and goes on"
        return TimeoutError(f"it did not end within {self._section.timeout:g} s{still}")


def _is_stopped() -> bool:
    """Whether this attempt was cancelled by the gateway, and not by the function itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
