"""Threads for code that waits: kept and used again, never more than are under way at once.

They are daemons, unlike those of concurrent.futures: one that hangs does not keep the process from ending.
"""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

Job = tuple[Callable[[], Any], asyncio.AbstractEventLoop, "asyncio.Future[Any]"]


class Threads:
    """Runs functions in threads. `busy` is how many are at it, those that nobody waits for any more too."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self.busy = 0

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. Cancelling it stops waiting, and not the thread."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        context = contextvars.copy_context()
        with self._lock:
            self.busy += 1
            if self.busy > self._threads:
                self._threads += 1
                threading.Thread(target=self._serve, name=self._name, daemon=True).start()
        self._jobs.put((lambda: context.run(work), loop, done))
        return await done

    def close(self) -> None:
        """Let the threads end that have nothing to do; the others end when they have done it."""
        for _ in range(self._threads):
            self._jobs.put(None)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, loop, done = job
            tell: Callable[[asyncio.Future[Any], Any], None] = _result
            told: Any
            try:
                told = work()
            except BaseException as error:
                tell, told = _error, error
            with self._lock:
                self.busy -= 1
            try:
                loop.call_soon_threadsafe(tell, done, told)
            except RuntimeError:  # the loop is closed: nobody is there to hear of it
                return


def _result(done: asyncio.Future[Any], value: Any) -> None:
    if not done.done():
        done.set_result(value)


def _error(done: asyncio.Future[Any], error: BaseException) -> None:
    if done.done():
        return
    if isinstance(error, StopIteration):  # which no future takes
        wrapped = RuntimeError("the function raised StopIteration")
        wrapped.__cause__ = error
        error = wrapped
    done.set_exception(error)
