"""What a delivery waits for: another event, by its name and by an expression over the two of them. Pure.

An expression that holds only where something of one equals something of the other, such as
`event.data.id == async.data.id`, gives a key: by it a store finds the few waits that an event can end among
any number that are open.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from operator import getitem
from typing import Any

import orjson

from gateway.event import Event, compile_patterns
from gateway.expression import STEP, TWO, Expression, fields

MAX_PATTERNS = 1000
"""Characters of all the patterns of a wait: an index of PostgreSQL takes no more than 2.7 kB."""

MAX_KEY = 255
"""Characters of a key that are kept as they are; a longer one becomes its SHA-256."""

CONFIGURED = ""
"""The step of what the config says: `waits:`."""

NEVER = ""
"""The key of what can equal nothing; no JSON text is empty."""

_PATH = r"""(?:\s*\.\s*\w+|\s*\[\s*(?:\d+|"[^"\\]*"|'[^'\\]*')\s*\])+"""
_EQUAL = re.compile(rf"\s*(event|async)({_PATH})\s*==\s*(event|async)({_PATH})\s*")
_PARTS = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|&&|\|\||[?(){}\[\]]|//""")


@dataclass(frozen=True, slots=True)
class NewWait:
    """A wait to open for a delivery: for the first event that comes and fits, or until `timeout` ms are over.

    `step` is its name within the delivery, `match` the expression (empty: any event of these names). `path`
    and `key` are what an event must have where, see `key_of`. One that `ends` its delivery resumes nothing:
    the event that fits cancels it.
    """

    step: str
    patterns: tuple[str, ...]
    timeout: int | None = None
    match: str = ""
    path: str = ""
    key: str = ""
    ends: bool = False

    @property
    def is_pattern(self) -> bool:
        """Whether more than one name fits."""
        return len(self.patterns) > 1 or "*" in self.patterns[0]

    @property
    def topic(self) -> str:
        """The name, or the regular expression of all names, that it waits for."""
        return compile_patterns(self.patterns).pattern if self.is_pattern else self.patterns[0]


@dataclass(frozen=True, slots=True)
class WaitRule:
    """What every delivery of a subscription waits for, or is ended by; see `NewWait`."""

    step: str
    patterns: tuple[str, ...]
    match: Expression | None = None
    timeout: int | None = None
    ends: bool = False

    def opened(self, event: Event) -> NewWait:
        """The wait of a delivery of `event`."""
        return new_wait(event, self.step, self.patterns, self.match, self.timeout, self.ends)


def new_wait(
    event: Event,
    step: str,
    patterns: Sequence[str],
    match: Expression | None = None,
    timeout: int | None = None,
    ends: bool = False,
) -> NewWait:
    """A wait of a delivery of `event`. Raises ValueError where it names no pattern, or too many."""
    if not patterns or sum(map(len, patterns)) > MAX_PATTERNS:
        raise ValueError(f"a wait names at least one pattern, and all of them have {MAX_PATTERNS} characters")
    text = match.text if match is not None else ""
    path, key = _key(event, text)
    return NewWait(step, tuple(patterns), timeout, text, path, key, ends)


def fits(match: Expression | None, event: Event, came: Mapping[str, Any]) -> bool:
    """Whether the event with the fields `came` is what a delivery of `event` waits for.

    An expression that fails says no.
    """
    if match is None:
        return True
    return match.evaluate({"event": fields(event), "async": came}).value is True


def matching(text: str) -> Expression | None:
    """The expression of an open wait; None where any event fits. Raises InvalidExpression."""
    return Expression(text, TWO) if text else None


def key_of(seen: Mapping[str, Any], path: str) -> str:
    """The key that an event, by its `fields`, has at the `path` of some wait."""
    with suppress(KeyError, IndexError, TypeError):
        return _text(_at(seen, orjson.loads(path))) or NEVER
    return NEVER


def _key(event: Event, match: str) -> tuple[str, str]:
    """Where another event must have which key; an empty path where the expression asks for no such thing."""
    for part in _conjuncts(match):
        found = _EQUAL.fullmatch(part)
        if found is None or found[1] == found[3]:
            continue
        own, other = (found[2], found[4]) if found[1] == "event" else (found[4], found[2])
        try:
            key = _text(_at(fields(event), _steps(own)))
        except (KeyError, IndexError, TypeError):
            key = NEVER
        if key is not None:
            return orjson.dumps(_steps(other)).decode(), key
    return "", ""


def _at(seen: Any, steps: Sequence[Any]) -> Any:
    return reduce(getitem, steps, seen)


def _steps(path: str) -> list[str | int]:
    return [int(n) if n else name or one or other for name, n, one, other in STEP.findall(path)]


def _conjuncts(match: str) -> Iterator[str]:
    """The parts that must all be true; none where they can't be told apart by their signs alone."""
    if "\\" in match:
        return
    depth, start = 0, 0
    parts = []
    for found in _PARTS.finditer(match):
        sign = found[0]
        if sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif depth == 0 and sign in ("||", "?", "//"):
            return
        elif depth == 0 and sign == "&&":
            parts.append(match[start : found.start()])
            start = found.end()
    yield from (*parts, match[start:])


def _text(value: Any) -> str | None:
    """A value as the same text for all that CEL counts as equal; None where it has parts of its own."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, str | float | bool | None):
        return None
    text = orjson.dumps(value).decode()
    return text if len(text) <= MAX_KEY else hashlib.sha256(text.encode()).hexdigest()
