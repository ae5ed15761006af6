"""Why a subscription does not get an event that its patterns match, and what the filter saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

Reason = Literal["filter", "error", "order", "idempotency", "debounce", "batch", "priority", "schema"]

LONGEST_SAW = 1000
"""Bytes of JSON that are kept of what an expression saw; a value that does not fit is cut or left out."""

LONGEST_TEXT = 500
"""Characters that are kept of an expression and of an error."""

MOST = 100
"""Verdicts that are kept of one event."""

_VALUE = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a subscription's expression said of one event; a matching name alone needs none.

    `filter`: `if:` was not true. `error`: `if:` could not be computed, which counts as not true. `order`:
    `order_by:` could not be computed, and the event was delivered without a key; so with `debounce` and
    `batch`, and with `priority`, without one. `idempotency`: the event `first_event_id` has its key, unless
    there is an `error`: then it was delivered. `saw` is a JSON object of the paths that the expression names
    with what stood there, `error` what went wrong. `schema`: the data breaks the schema of the pattern that
    stands in `expression`, and `saw` says of each path why.
    """

    subscription: str
    reason: Reason
    expression: str
    saw: str
    error: str | None = None
    event_id: str = ""
    first_event_id: str | None = None


@dataclass(frozen=True, slots=True)
class VerdictCount:
    """How often a subscription's expressions failed, as far as events are kept, and its newest verdict."""

    subscription: str
    errors: int
    last: Verdict | None = None


def verdict(
    subscription: str, reason: Reason, expression: str, saw: Mapping[str, Any], error: str | None
) -> Verdict:
    """A verdict, cut to a size that can be kept for every event."""
    said = None if error is None else error[:LONGEST_TEXT]
    return Verdict(subscription, reason, expression[:LONGEST_TEXT], _kept(saw), said)


def _kept(saw: Mapping[str, Any]) -> str:
    kept, left = [], LONGEST_SAW - 2
    for path, value in saw.items():
        pair = f"{_json(path)}:{_cut(value)}"
        if len(pair.encode()) + 1 > left:
            break
        kept.append(pair)
        left -= len(pair.encode()) + 1
    return f"{{{','.join(kept)}}}"


def _cut(value: Any) -> str:
    """A value as JSON; a long text is cut, anything else that is long becomes a word for what it is."""
    if isinstance(value, str):
        return _json(value if len(value) <= _VALUE else f"{value[:_VALUE]}…")
    text = _json(value)
    if len(text) <= _VALUE:
        return text
    kind = "a list" if isinstance(value, list) else "an object"
    return _json(f"{kind} of {len(value)}" if isinstance(value, list | dict) else text[:_VALUE])


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # a whole number of more than 64 bits
        return orjson.dumps(str(value)[:_VALUE]).decode()
