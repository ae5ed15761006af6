"""Keys: what an expression's value is where it says which events belong together. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.expression import Expression

MAX_KEY = 255
"""Characters of a key that are kept as they are; a longer one becomes its SHA-256."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key; `text` None: the event has none. Where the expression is to blame for that, `error` says why."""

    text: str | None = None
    error: str | None = None


def key_of(expression: Expression, seen: Mapping[str, Any]) -> Key:
    """The key that `expression` finds in what `variables()` gave. Null means none."""
    got = expression.evaluate(seen)
    if got.error is not None:
        return Key(error=got.error)
    if got.value is None:
        return Key()
    if isinstance(got.value, str | int | float):
        return Key(_text(got.value))
    return Key(error=f"must be text, a number, true or false, and is {kind(got.value)}")


def kind(value: Any) -> str:
    """What a value is, in the words of JSON."""
    if value is None:
        return "null"
    kinds = {bool: "true or false", str: "text", int: "a number", float: "a number", dict: "an object"}
    return kinds.get(type(value), "a list" if isinstance(value, list) else type(value).__name__)


def _text(value: str | float) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= MAX_KEY else hashlib.sha256(text.encode()).hexdigest()
