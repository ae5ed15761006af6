"""What came of a function of one's own, as an Answer: its value, or its error with the traceback."""

from __future__ import annotations

import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

import gateway
from gateway.destinations.attempt import failure
from gateway.destinations.contract import Answer
from gateway.functions import NonRetriable, RetryAfter
from gateway.store.records import TRACEBACK

KEPT = 4096
"""Characters of a value or a traceback that are kept; of a traceback the last ones."""

_OURS = str(Path(gateway.__file__).parent)


def returned(value: Any, latency: int) -> Answer:
    """The answer of a function that came to its end."""
    if value is None:
        return Answer(latency)
    text = orjson.dumps(value, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    return Answer(latency, response=text[:KEPT])


def failed(error: BaseException, latency: int) -> Answer:
    """The answer of a function that raised `error`."""
    final = isinstance(error, NonRetriable)
    wait = error.seconds if isinstance(error, RetryAfter) else None
    return Answer(latency, error=failure(error), response=_traceback(error), final=final, retry_in=wait)


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
