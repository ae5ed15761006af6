"""Steps: what a run of a function has finished, and need not do again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import orjson

from gateway.store.records import Candidate, Outcome


@dataclass(frozen=True, slots=True)
class Step:
    """A finished step of the run `run_id`, a delivery. `result` is JSON, `kept_at` Unix ms."""

    event_id: str
    run_id: str
    key: str
    result: str
    kept_at: int


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step that asks to be kept, by the attempt with that number.

    With `send` its result is what was sent: the events are accepted in the same transaction.
    """

    event_id: str
    run_id: str
    attempt: int
    key: str
    result: str
    now: int
    send: tuple[Candidate, ...] = ()


class Steps(Protocol):
    """The steps of a store, reached as `store.steps`. They go when their event goes."""

    async def of(self, event_id: str, run_id: str) -> Sequence[Step]:
        """The finished steps of a run, in the order in which they were kept."""
        ...

    async def keep(self, new: NewStep) -> str | None:
        """Keep a step. Returns the result that is kept for its key: the first counts, for ever.

        None, and nothing is written or sent, where the attempt does not hold the run's lease any more.
        """
        ...


def sent(candidates: Sequence[Candidate], outcomes: Sequence[Outcome]) -> str:
    """The result of a step that sent events: the name and event_id of each."""
    pairs = zip(candidates, outcomes, strict=True)
    return orjson.dumps([[candidate.event.name, outcome.event_id] for candidate, outcome in pairs]).decode()
