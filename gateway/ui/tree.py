"""A JSON document as a tree that can be opened and closed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass
from typing import Any

import orjson

DEEPEST, MOST = 30, 2000
"""Levels and nodes of a tree; what lies beyond is one line of text."""

LONGEST = 2000
"""Characters of one value."""


@dataclass(frozen=True, slots=True)
class Node:
    """A key and its value: a text, or nodes of its own. `kind` is object, list, string, number or word."""

    key: str
    kind: str
    text: str
    nodes: Sequence[Node] = ()


def tree(document: str) -> Node | None:
    """The tree of a JSON text; None where it is none."""
    try:
        value = orjson.loads(document)
    except ValueError:
        return None
    return _Growing(MOST).node("", value, 0)


@dataclass(slots=True)
class _Growing:
    left: int

    def node(self, key: str, value: Any, depth: int) -> Node:
        self.left -= 1
        if isinstance(value, dict):
            return self._inner(key, "object", value.items(), _size(value, "key"), depth, value)
        if isinstance(value, list):
            pairs = ((str(place), each) for place, each in enumerate(value))
            return self._inner(key, "list", pairs, _size(value, "item"), depth, value)
        kind = "string" if isinstance(value, str) else "number" if type(value) in (int, float) else "word"
        return Node(key, kind, text_of(value))

    def _inner(
        self, key: str, kind: str, pairs: Iterable[tuple[str, Any]], size: str, depth: int, value: Any
    ) -> Node:
        if not value or depth >= DEEPEST or self.left <= 0:
            return Node(key, "word", text_of(value))
        return Node(key, kind, size, [self.node(k, v, depth + 1) for k, v in pairs])


def text_of(value: Any, longest: int = LONGEST) -> str:
    """A value as JSON on one line, cut at `longest` characters."""
    try:
        text = orjson.dumps(value).decode()
    except TypeError:  # deeper than JSON is written
        return "…"
    return text if len(text) <= longest else f"{text[:longest]}…"


def _size(value: Sized, noun: str) -> str:
    return f"{len(value)} {noun if len(value) == 1 else noun + 's'}"
