"""How a function of one's own ended, as an Answer: its value, its error with the traceback, or a wait."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

import gateway
from gateway.destinations.attempt import failure
from gateway.destinations.contract import Answer
from gateway.functions import NonRetriable, RetryAfter
from gateway.functions.errors import Ended
from gateway.store.records import TRACEBACK
from gateway.wait import NewWait

KEPT = 4096
"""Characters of a value or a traceback that are kept; of a traceback the last ones."""

_OURS = str(Path(gateway.__file__).parent)


@dataclass(frozen=True, slots=True)
class Returned:
    """The value of a function that came to its end."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """What a function raised."""

    error: BaseException


def answer(
    ended: Returned | Raised, sleeps: Mapping[str, int], waits: Sequence[NewWait], now: int, latency: int
) -> Answer:
    """What came of an attempt, some of whose parts `sleep` until then (Unix ms), or wait for events.

    An error counts before a wait: the parts that waited do so again in the next attempt. A value does not:
    a run is not at its end while a part of it sleeps.
    """
    error = _failure(ended.error) if isinstance(ended, Raised) else None
    if error is not None:
        return failed(error, latency)
    if waits:
        names = ", ".join(pattern for wait in waits if wait.step not in sleeps for pattern in wait.patterns)
        return Answer(latency, response=f"waits for {names}"[:KEPT], parked=now, waits=tuple(waits))
    if sleeps:
        until = min(sleeps.values())
        return Answer(latency, response=f"sleeps until {_time(until)}", parked=until)
    if isinstance(ended, Raised):
        return failed(ended.error, latency)
    return Answer(latency, response=_shown(ended.value))


def _failure(error: BaseException) -> BaseException | None:
    """`error`, or the part of a group of errors, that is a failure, and not a wait."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(Ended)[1]
    return None if isinstance(error, Ended) else error


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return orjson.dumps(value, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()[:KEPT]


def failed(error: BaseException, latency: int) -> Answer:
    """The answer of a function that raised `error`."""
    said = _said(error)
    final = isinstance(said, NonRetriable)
    wait = said.seconds if isinstance(said, RetryAfter) else None
    return Answer(latency, error=failure(error), response=_traceback(error), final=final, retry_in=wait)


def _said(error: BaseException) -> BaseException:
    """What says how to go on: the only error of a group, as a TaskGroup raises it, or the error itself."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _traceback(error: BaseException) -> str:
    """As Python prints it, from the function's own first line on."""
    error = error.with_traceback(_theirs(error.__traceback__))
    text = "".join(traceback.format_exception(error)).replace("\0", "\N{REPLACEMENT CHARACTER}")
    if len(text) <= KEPT:
        return text
    return f"{TRACEBACK}\n  …\n{text[-(KEPT - len(TRACEBACK) - 5) :]}"


def _theirs(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OURS) and trace.tb_next:
        trace = trace.tb_next
    return trace
