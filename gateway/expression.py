"""CEL expressions over one event or two: checked with the config, compiled once, evaluated without raising.

The language: https://github.com/google/cel-spec/blob/master/doc/langdef.md, seen 2026-11-24.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import reduce
from operator import getitem
from typing import Any

import orjson

from gateway.event import Event

FIELDS = ("id", "name", "data", "ts", "v", "event_id", "source")
"""What `event` has in an expression, with the meaning it has in gateway.event.Event."""

ALONE = ("event",)
TWO = ("event", "async")
"""What an expression may name: the event, and beside it the one that is waited for, as at Inngest."""

LONGEST = 2000
"""Characters. The compiler recurses: a chain of some 20,000 terms ends the process."""

FUNCTIONS = frozenset(
    {"bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"}
    | {"contains", "endsWith", "matches", "size", "startsWith"}
    | {"getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours"}
    | {"getMilliseconds", "getMinutes", "getMonth", "getSeconds"}
)
"""The functions that an expression may call, beside operators and the macros has, all, exists, map …"""

_TEXTS = re.compile(r"""(?s:\"{3}.*?\"{3}|'{3}.*?'{3})|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|//[^\n]*""")
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*(\w+)\s*,")
_FIELD = re.compile(r"(?<![\w.])(event|async)\s*\.\s*(\w+)")
_PATH = re.compile(r"""(?:event|async)((?:\s*\.\s*\w+|\s*\[\s*(?:\d+|"[^"\\]*"|'[^'\\]*')\s*\])+)(\s*\()?""")
STEP = re.compile(r"""\.\s*(\w+)|\[\s*(?:(\d+)|"([^"]*)"|'([^']*)')""")
_PARSER = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?(.*?)(?: expecting \{.*)?$", re.MULTILINE)


class InvalidExpression(ValueError):
    """The text is no expression over an event. The message says where in it, and what would be right."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What came of an expression: its `value`, or why there is none (a field that is missing …)."""

    value: Any = None
    error: str | None = None


class Expression:
    """One expression, e.g. `event.data.data.object.customer`."""

    def __init__(self, text: str, names: Sequence[str] = ALONE) -> None:
        """Raises InvalidExpression with the position in `text`, also for what is none of `names`."""
        if len(text) > LONGEST:
            raise InvalidExpression(f"has {len(text)} characters; at most {LONGEST} are read")
        import cel  # by the first expression: it brings its command line along, a quarter of a second

        try:
            self._program = cel.compile(text)
        except ValueError as error:
            raise InvalidExpression(_located(text, str(error))) from None
        self.text = text
        for problem in _unknown(text, names, self._program.variables(), self._program.functions()):
            raise InvalidExpression(problem)
        self.names = frozenset(self._program.variables())
        self._paths = dict(_paths(text))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def of(self, event: Event) -> Evaluated:
        """Its value for `event`."""
        return self.evaluate(variables(event))

    def evaluate(self, variables: Mapping[str, Any]) -> Evaluated:
        """Its value for what `variables()` gave, which several expressions can share."""
        try:
            return Evaluated(self._program.execute(dict(variables)))
        except KeyError as error:
            return Evaluated(error=f"there is no field {error}")
        except Exception as error:  # CEL's errors come as a dozen of Python's
            return Evaluated(error=str(error))

    def saw(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """What stands at the paths that it names, `{"event.data.amount": 7}`, without what is missing."""
        found = {}
        for path, steps in self._paths.items():
            with suppress(KeyError, IndexError, TypeError):
                found[path] = reduce(getitem, steps, variables[path[:5]])
        return found


def variables(event: Event) -> Mapping[str, Any]:
    """What an expression can name: `event` with its FIELDS, `data` as what its JSON says."""
    return {"event": fields(event)}


def fields(event: Event) -> dict[str, Any]:
    """The FIELDS of an event by name."""
    values = {name: getattr(event, name) for name in FIELDS}
    with suppress(ValueError):  # no JSON to orjson, e.g. with half a surrogate pair: then without fields
        values["data"] = orjson.loads(event.data)
    return values


def _located(text: str, said: str) -> str:
    """The first complaint of the parser, with its place."""
    found = _PARSER.search(said)
    if found is None:
        return f"is no CEL expression: {said.rpartition(': ')[2]}"
    line, column, problem = found.groups()
    return f"is no CEL expression: {_place(text, int(line), int(column))}: {problem}"


def _place(text: str, line: int, column: int) -> str:
    return f"line {line}, column {column}" if "\n" in text.strip() else f"column {column}"


def _unknown(
    text: str, known: Sequence[str], names: Iterable[str], functions: Iterable[str]
) -> Iterator[str]:
    """What `text` names and will never find."""
    code = _TEXTS.sub(lambda found: " " * len(found[0]), text)
    for found in _FIELD.finditer(code):
        if found[1] in known and found[2] not in FIELDS:
            yield f"{_at(text, found.start(2))}: {found[1]} has no field {_near(found[2], FIELDS)}"
    for name in sorted({*names} - {*known, *_BOUND.findall(code)}):
        yield f"{_first(text, code, name)}: there is no {_near(name, known)}"
    for name in functions:
        if name.isalnum() and name not in FUNCTIONS:
            yield f"{_first(text, code, name)}: there is no function {_near(name, sorted(FUNCTIONS))}"


def _paths(text: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The paths from `event` or `async` on, each with its steps; the name of a method is no step."""
    code = _TEXTS.sub(lambda found: " " * len(found[0]), text)
    for start in re.finditer(r"(?<![\w.])(event|async)\b", code):
        found = _PATH.match(text, start.start())
        if found is None:
            continue
        steps = [int(n) if n else name or one or other for name, n, one, other in STEP.findall(found[1])]
        steps = steps[:-1] if found[2] else steps
        if steps:
            yield start[1] + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps), tuple(steps)


def _first(text: str, code: str, name: str) -> str:
    """Where `name` comes first, preferably not as a field of something."""
    found = re.search(rf"(?<![\w.]){name}\b", code) or re.search(rf"\b{name}\b", code)
    return _at(text, found.start() if found else 0)


def _at(text: str, offset: int) -> str:
    before = text[:offset]
    return _place(text, before.count("\n") + 1, offset - before.rfind("\n"))


def _near(name: str, choices: Iterable[str]) -> str:
    near = get_close_matches(name, list(choices), n=1)
    return f"{name!r}; did you mean {near[0]!r}?" if near else f"{name!r}; there are {', '.join(choices)}"
