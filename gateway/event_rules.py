"""What an event has to be that somebody sends. Pure: a value in, what is wrong with it out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from gateway.convention import EXAMPLE
from gateway.event import EARLIEST_TS, LATEST_TS, MAX_NAME

MAX_ID = 512
"""Characters of an event's `id` at most: it is a key in the store."""

MAX_V = 256
"""Characters of `v` at most."""

RESERVED = ("gateway/", "inngest/")
"""What the names of system events begin with, here and at Inngest; in whatever case, nobody else's may."""

_VISIBLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the event at `index`; `field` is "" where it is the event as a whole."""

    index: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"event {self.index}: {f'{self.field} {self.reason}'.strip()}"


def problems(index: int, event: Any) -> Iterator[Problem]:
    """Everything that is wrong with one event as it was sent."""
    if not isinstance(event, dict):
        yield Problem(index, "", f"must be an object, not {_kind(event)}")
        return
    for field in event:
        if field not in RULES:
            yield Problem(index, field if _VISIBLE.fullmatch(field) else _shown(field), _unknown(field))
    for field, rule in RULES.items():
        reason = rule(event.get(field))
        if reason is not None:
            yield Problem(index, field, reason)


def _name(value: Any) -> str | None:
    if value is None or value == "":
        return f"is missing; write for example {EXAMPLE}"
    if not isinstance(value, str):
        return f"must be text, not {_kind(value)}"
    if len(value) > MAX_NAME or not _VISIBLE.fullmatch(value):
        return f"must be 1 to {MAX_NAME} printable ASCII characters without spaces, not {_shown(value)}"
    if value.lower().startswith(RESERVED):
        return f"begins as system events do, {_shown(value)}; choose another word before the /"
    return None


def _object(value: Any) -> str | None:
    return None if value is None or isinstance(value, dict) else f"must be an object, not {_kind(value)}"


def _ts(value: Any) -> str | None:
    """0 is what the packages write for none."""
    if value is None or (type(value) is int and value == 0):
        return None
    if type(value) is not int:
        return f"must be a whole number of Unix milliseconds, not {_kind(value)}"
    if EARLIEST_TS <= value <= LATEST_TS:
        return None
    if EARLIEST_TS <= value * 1000 <= LATEST_TS:
        return f"must be Unix milliseconds, and {value} looks like seconds; write {value * 1000}"
    return f"must be Unix milliseconds between 1980 and 2100, not {_shown(value)}"


def _text(limit: int) -> Callable[[Any], str | None]:
    def rule(value: Any) -> str | None:
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return f"must be text, not {_kind(value)}"
        if len(value) > limit or not value.isprintable():
            return f"must be at most {limit} printable characters, not {_shown(value)}"
        return None

    return rule


RULES: Mapping[str, Callable[[Any], str | None]] = {
    "id": _text(MAX_ID),
    "name": _name,
    "data": _object,
    "ts": _ts,
    "v": _text(MAX_V),
    "user": _object,
    "meta": _object,
}
"""The fields that an event can have, and the rule of each; a field that is null is left out."""


def _unknown(field: str) -> str:
    near = get_close_matches(field, RULES, n=1, cutoff=0.7)
    hint = f"did you mean {near[0]!r}?" if near else "put what is your own into data;"
    return f"is no field of an event; {hint} the fields are {', '.join(RULES)}"


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return _shown(value).lower()
    return "text" if isinstance(value, str) else "an array" if isinstance(value, list) else "an object"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
