"""Hiding values from those who look: which paths of a source's webhooks are shown as a mark, and where else
the same values would come to light. Pure: nothing that is stored or delivered is changed.

A path leads into the payload (`data.object.email`) or to a header (`headers.x-secret`). `*` is one key, `**`
any number of them, and a list on the way stands for each of its items.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote, quote_plus

import orjson

from gateway.event import SYSTEM, Event
from gateway.verdict import Verdict

MARK = "[redacted]"
"""What stands where a value is hidden."""

SHORTEST = 3
"""Characters. A shorter value (1, no) is hidden at its path alone: elsewhere it could mean anything."""

HEADERS = "headers"
PATH = re.compile(r"[^\s.]+(\.[^\s.]+)*")

Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Redaction:
    """The hidden paths of one source: those into the payload, each in its steps, and the names of headers."""

    paths: tuple[Steps, ...] = ()
    headers: tuple[str, ...] = ()

    @staticmethod
    def of(paths: Iterable[str]) -> Redaction:
        """The redaction of paths as they are written. `headers.…` may be a key of the payload as well."""
        steps = tuple(tuple(path.split(".")) for path in paths)
        headers = tuple(".".join(one[1:]).lower() for one in steps if one[0] == HEADERS and one[1:])
        return Redaction(steps, headers)

    def __bool__(self) -> bool:
        return bool(self.paths)

    def under(self, *steps: str) -> Redaction:
        """The same where the payload stands at `steps` of another document."""
        return Redaction(tuple((*steps, *path) for path in self.paths), self.headers)

    def document(self, value: Any) -> Any:
        """A JSON document with the mark in place of each hidden value, whatever kind it was of."""
        return _hidden(value, self.paths)

    def text(self, document: str) -> str:
        """The same of a JSON text. One that can't be read is hidden whole."""
        if not self.paths:
            return document
        try:
            return orjson.dumps(self.document(orjson.loads(document))).decode()
        except (ValueError, TypeError, RecursionError):
            return orjson.dumps(MARK).decode()

    def values(self, document: str) -> tuple[str, ...]:
        """The texts that are hidden in a JSON text, the longest first; they may stand elsewhere too."""
        try:
            found = {text for value in _at(orjson.loads(document), self.paths) for text in _texts(value)}
        except (ValueError, RecursionError):
            return (document,)
        return tuple(sorted((text for text in found if len(text) >= SHORTEST), key=lambda t: (-len(t), t)))

    def body(self, data: str, body: bytes) -> bytes:
        """A raw body: as its JSON with marks where that is the payload or a list that has it, else hidden."""
        try:
            came, payload = orjson.loads(body), orjson.loads(data)
        except ValueError:
            return MARK.encode()
        if came == payload or (isinstance(came, list) and payload in came):
            return self.text(body.decode()).encode()
        return MARK.encode()

    def pairs(self, headers: str) -> str:
        """Kept headers, JSON text of [name, value] pairs, with marks."""
        if not self.headers:
            return headers
        pairs = [[name, MARK if self._hides(name) else value] for name, value in orjson.loads(headers)]
        return orjson.dumps(pairs).decode()

    def _hides(self, header: str) -> bool:
        return any(fnmatchcase(header.lower(), pattern.replace("[", "[[]")) for pattern in self.headers)

    def fields(self, fields: Sequence[str]) -> tuple[str, ...]:
        """Dotted paths that are told of, none further than to what is hidden: keys in it are its own."""
        return tuple(dict.fromkeys(self._ended(field) for field in fields))

    def _ended(self, field: str) -> str:
        steps = field.split(".")
        for length in range(1, len(steps) + 1):
            if _reaches(steps[:length], self.paths):
                return ".".join(steps[:length])
        return field

    def verdict(self, verdict: Verdict, hidden: Sequence[str]) -> Verdict:
        """A verdict without what its expression saw at hidden paths."""
        inside = self.under("event", "data")
        kept = {path: inside._seen(path, value) for path, value in orjson.loads(verdict.saw).items()}
        error = None if verdict.error is None else scrub(verdict.error, hidden)
        return replace(verdict, saw=orjson.dumps(_scrubbed(kept, hidden)).decode(), error=error)

    def _seen(self, path: str, value: Any) -> Any:
        steps = [step for step in re.split(r"[.\[\]]+", path) if step and not step.isdecimal()]
        if any(_reaches(steps[:length], self.paths) for length in range(1, len(steps) + 1)):
            return MARK
        left = self.paths
        for step in steps:
            left = _after(left, step)
        return _hidden(value, left)


NOTHING = Redaction()


@dataclass(frozen=True, slots=True)
class Redactions:
    """The redactions of a config, by source."""

    sources: Mapping[str, Redaction]
    every: Redaction = NOTHING

    @staticmethod
    def of(paths: Mapping[str, Collection[str]]) -> Redactions:
        """From the paths of each source. A system event may quote an event of any of them."""
        every = Redaction.of({path: None for each in paths.values() for path in each})
        return Redactions({name: Redaction.of(each) for name, each in paths.items() if each}, every)

    def __bool__(self) -> bool:
        return bool(self.sources)

    def at(self, source: str) -> Redaction:
        """The redaction of one source."""
        return self.every.under("event", "data") if source == SYSTEM else self.sources.get(source, NOTHING)

    def event(self, event: Event) -> Event:
        """An event as it is shown. Its ids and its name are never hidden."""
        redaction = self.at(event.source)
        if not redaction:
            return event
        hidden = redaction.values(event.data)
        beside = {k: scrub(v, hidden) if isinstance(v, str) else v for k, v in event.attributes.items()}
        data = redaction.text(event.data)
        return replace(event, data=self._told(data, hidden) if event.is_system else data, attributes=beside)

    def _told(self, data: str, hidden: Sequence[str]) -> str:
        """What a system event says beside the event it quotes: an error with its values, the paths in it."""
        told = _scrubbed(orjson.loads(data), hidden)
        if isinstance(told, dict) and isinstance(fields := told.get("fields"), list):
            told["fields"] = self.every.fields([str(each) for each in fields])
        return orjson.dumps(told).decode()

    def line(self, event: Event, text: str | None) -> str | None:
        """A text about an event, such as an error, without the values that are hidden in it."""
        redaction = self.at(event.source)
        return scrub(text, redaction.values(event.data)) if redaction and text else text


def scrub(text: str, hidden: Iterable[str]) -> str:
    """`text` with the mark in place of every hidden value, also as JSON and URLs write it."""
    for value in hidden:
        for form in {value, orjson.dumps(value).decode()[1:-1], quote(value, safe=""), quote_plus(value)}:
            text = text.replace(form, MARK)
    return text


def _scrubbed(value: Any, hidden: Sequence[str]) -> Any:
    """A JSON document with all of its texts scrubbed."""
    if isinstance(value, dict):
        return {scrub(key, hidden): _scrubbed(inner, hidden) for key, inner in value.items()}
    if isinstance(value, list):
        return [_scrubbed(inner, hidden) for inner in value]
    return scrub(value, hidden) if isinstance(value, str) else value


def _hidden(value: Any, paths: Sequence[Steps]) -> Any:
    if not paths:
        return value
    if isinstance(value, list):
        return [_hidden(each, paths) for each in value]
    if not isinstance(value, dict):
        return value
    inner = {key: _after(paths, key) for key in value}
    return {key: MARK if () in left else _hidden(value[key], left) for key, left in inner.items()}


def _at(value: Any, paths: Sequence[Steps]) -> Iterator[Any]:
    """The values at the paths."""
    for each in value if isinstance(value, list) and paths else ():
        yield from _at(each, paths)
    for key, inner in value.items() if isinstance(value, dict) and paths else ():
        left = _after(paths, key)
        if () in left:
            yield inner
        else:
            yield from _at(inner, left)


def _after(paths: Iterable[Steps], key: str) -> tuple[Steps, ...]:
    """What is left of the paths behind `key`, which may itself hold dots; () where one ends there."""
    left: list[Steps] = []
    parts = key.split(".")
    for path in paths:
        if path and path[0] == "**":
            left += [path, *_after([path[1:]], key)]
            continue
        if path and path[0] in ("*", key):
            left.append(path[1:])
        elif len(parts) > 1 and all(step in ("*", part) for step, part in zip(path, parts, strict=False)):
            left += [path[len(parts) :]] if len(path) >= len(parts) else []
    return tuple(left)


def _reaches(steps: Sequence[str], paths: Iterable[Steps]) -> bool:
    """Whether a path ends at `steps`."""
    left = tuple(paths)
    for step in steps:
        left = _after(left, step)
    return () in left


def _texts(value: Any) -> Iterator[str]:
    """The texts of a hidden value: itself, or what is in it, keys too."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield value if isinstance(value, str) else orjson.dumps(value).decode()
