"""Blocking writes off the event loop: a thread that writes what waits together, and nothing given up on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Lock, Thread

MOST = 1 << 20
"""Bytes that are taken at once, unless a single text is longer."""

Take = Callable[[], Sequence[bytes]]
"""Gives what is to be written now, in order; perhaps nothing, where everybody has given up meanwhile."""


class Writer:
    """Runs `write` in one thread, which lives only while something waits.

    A daemon thread, and not asyncio's own: a write that hangs (a pipe that nobody reads, a network drive)
    must neither use up the threads that others need nor keep the process from ending.
    """

    def __init__(self, write: Callable[[Take], Sequence[str]]) -> None:
        """`write` gets ready, takes the texts, and gives one answer for each; or it raises, for all."""
        self._write = write
        self._lock = Lock()
        self._waiting: dict[asyncio.Future[str], bytes] = {}
        self._writing = False

    async def put(self, text: bytes) -> str:
        """Write `text`; gives what the writing answered, or raises what it raised.

        Cancelled before `text` was taken, it is never written.
        """
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        try:
            with self._lock:
                self._waiting[told] = text
                if not self._writing:
                    Thread(target=self._run, name="gateway-writer", daemon=True).start()
                    self._writing = True
            return await told
        finally:
            with self._lock:
                self._waiting.pop(told, None)

    def _run(self) -> None:
        while self._goes_on():
            taken: dict[asyncio.Future[str], bytes] = {}

            def take(taken: dict[asyncio.Future[str], bytes] = taken) -> Sequence[bytes]:
                taken.update(self._taken())
                return list(taken.values())

            try:
                answers: Sequence[str | Exception] = self._write(take)
            except Exception as error:
                taken.update({} if taken else self._taken())
                answers = [error] * len(taken)
            for told, answer in zip(taken, answers, strict=True):
                _tell(told, answer)

    def _goes_on(self) -> bool:
        with self._lock:
            self._writing = bool(self._waiting)
            return self._writing

    def _taken(self) -> Mapping[asyncio.Future[str], bytes]:
        """The first of those that wait, MOST bytes of them."""
        taken: dict[asyncio.Future[str], bytes] = {}
        with self._lock:
            size = 0
            for told, text in self._waiting.items():
                size += len(text)
                if taken and size > MOST:
                    break
                taken[told] = text
            for told in taken:
                del self._waiting[told]
        return taken


def _tell(told: asyncio.Future[str], answer: str | Exception) -> None:
    """Hand the answer to the loop that waits for it; one that has closed since waits no more."""

    def hand_over() -> None:
        if told.done():
            return
        if isinstance(answer, Exception):
            told.set_exception(answer)
        else:
            told.set_result(answer)

    with suppress(RuntimeError):
        told.get_loop().call_soon_threadsafe(hand_over)
