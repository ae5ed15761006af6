"""What a function is called with beside the event: which run and attempt it is, and what it can do."""

from __future__ import annotations

from collections import Counter
from contextvars import ContextVar

from gateway.functions.errors import Abandoned
from gateway.functions.run import Run, Sendable

_WITHIN: ContextVar[str] = ContextVar("gateway_step", default="")
"""The step that the current task is in, which counts its own events."""


class Context:
    """One attempt of a run, for an `async def` function.

    `run_id` is the delivery's id, the same at every attempt and another for a replay; `attempt` the number of
    this attempt, from 1; `retries` how many failed before; `subscription` the name it runs under.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._sent: Counter[str] = Counter()
        self._closed = False
        self.run_id = run.run_id
        self.subscription = run.subscription
        self.attempt = run.attempt
        self.retries = run.retries

    async def send(self, *events: Sendable) -> list[str]:
        """Send events, all or none; on disk when this returns. Returns their event_ids.

        One without an `id` of its own has one made of the run and its position in it, so that a retry, which
        sends the same again, sends nothing twice. Raises ValueError for what is no event.
        """
        self._check()
        return await self._run.send(events, [self._position() for _ in events])

    def close(self) -> None:
        """Let nothing more be done: the attempt is over."""
        self._closed = True

    def _position(self) -> str:
        within = _WITHIN.get()
        self._sent[within] += 1
        return f"{within}.{self._sent[within] - 1}" if within else str(self._sent[within] - 1)

    def _check(self) -> None:
        if self._closed:
            raise Abandoned("the attempt is over; what its function still does counts for nothing")
