"""Where the id, the type and the time of an event stand in a request, written as paths.

    body.data.id            a field of the JSON body; a number counts into a list: body.events.0.id
    header.X-Event-Id       a header
    digest                  (id) the SHA-256 of the body, for a provider that sends no id
    =order.changed          (type) always this text

Keys are taken as they are written; a key that holds a dot cannot be named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol

from adapters.base import ParsedEvent, PayloadError, WebhookRequest, header_name, short_text
from adapters.times import event_time

Document = Mapping[str, Any]

_BODY = re.compile(r"body((?:\.[^.\s]+)+)")
_MAX_INDEX = 999


@dataclass
class Draft:
    """A sample request in the making."""

    headers: dict[str, str]
    document: dict[str, Any]


class Path(Protocol):
    """One place in a request."""

    def read(self, request: WebhookRequest, document: Document) -> object:
        """What stands there; None where nothing does. Raises PayloadError where it is ambiguous."""
        ...

    def write(self, draft: Draft, value: str) -> None:
        """Put `value` there, for a sample."""
        ...


@dataclass(frozen=True, slots=True)
class BodyPath:
    keys: tuple[str, ...]

    def read(self, request: WebhookRequest, document: Document) -> object:
        value: object = document
        for key in self.keys:
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
                value = value[int(key)]
            else:
                return None
        return value

    def write(self, draft: Draft, value: str) -> None:
        _put(draft.document, self.keys, value)


@dataclass(frozen=True, slots=True)
class HeaderPath:
    name: str

    def read(self, request: WebhookRequest, document: Document) -> object:
        values = request.headers.all(self.name)
        if len(values) > 1:
            raise PayloadError(f"the header {self.name} came {len(values)} times")
        return values[0].decode("latin-1") if values else None

    def write(self, draft: Draft, value: str) -> None:
        draft.headers[self.name] = value


@dataclass(frozen=True, slots=True)
class Constant:
    text: str

    def read(self, request: WebhookRequest, document: Document) -> object:
        return self.text

    def write(self, draft: Draft, value: str) -> None:
        pass


@dataclass(frozen=True, slots=True)
class BodyDigest:
    def read(self, request: WebhookRequest, document: Document) -> object:
        return sha256(request.body).hexdigest()

    def write(self, draft: Draft, value: str) -> None:
        draft.document["sample"] = value  # the id cannot be chosen, but each sample has its own


def compile_path(text: str) -> BodyPath | HeaderPath:
    """The place that `text` names. Raises ValueError, saying what would be right, where it names none."""
    if text.startswith("header."):
        return HeaderPath(header_name(text[len("header.") :]))
    if body := _BODY.fullmatch(text):
        keys = tuple(body[1][1:].split("."))
        if not any(key.isdigit() and (not key.isascii() or int(key) > _MAX_INDEX) for key in keys):
            return BodyPath(keys)
    raise ValueError(f"{text!r} is no place in a request; write body.data.id or header.X-Event-Id")


def id_path(text: str) -> Path:
    """As `compile_path`, and `digest`."""
    if text == "digest":
        return BodyDigest()
    try:
        return compile_path(text)
    except ValueError as error:
        raise ValueError(f"{error}, or digest where the provider sends no id") from None


def type_path(text: str) -> Path:
    """As `compile_path`, and a constant: `=order.changed`."""
    if len(text) > 1 and text.startswith("="):
        return Constant(text[1:])
    try:
        return compile_path(text)
    except ValueError as error:
        raise ValueError(f"{error}, or a constant such as =order.changed") from None


@dataclass(frozen=True)
class Fields:
    """Where a provider puts what the gateway needs of an event.

    `type` may be several places, joined with a dot; those after the first may be empty (GitHub's action).
    `attributes` are plain facts to keep next to the event, by name; an absent one is left out.
    """

    id: str
    type: str | Sequence[str]
    time: str = ""
    version: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    _id: Path = field(init=False, repr=False, compare=False)
    _type: tuple[Path, ...] = field(init=False, repr=False, compare=False)
    _time: Path | None = field(init=False, repr=False, compare=False)
    _version: Path | None = field(init=False, repr=False, compare=False)
    _attributes: tuple[tuple[str, Path], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        types = [self.type] if isinstance(self.type, str) else self.type
        compiled = {
            "_id": id_path(self.id),
            "_type": tuple(type_path(text) for text in types),
            "_time": compile_path(self.time) if self.time else None,
            "_version": compile_path(self.version) if self.version else None,
            "_attributes": tuple((name, compile_path(text)) for name, text in self.attributes.items()),
        }
        if not types:
            raise ValueError("type: names no place")
        for name, value in compiled.items():
            object.__setattr__(self, name, value)

    def event(self, request: WebhookRequest, document: Document | None = None) -> ParsedEvent:
        """The event of a verified request; `document` is its payload where that is not the JSON body.

        Raises PayloadError naming the place where the id or the type is missing. A time that is missing
        or unreadable is none.
        """
        document = request.json if document is None else document
        version = self._version.read(request, document) if self._version else None
        return ParsedEvent(
            id=short_text(self._id.read(request, document), f"the event id at {self.id}"),
            type=self._read_type(request, document),
            payload=document,
            ts=event_time(self._time.read(request, document)) if self._time else None,
            version=version if isinstance(version, str) and version else None,
            attributes={
                name: value
                for name, path in self._attributes
                if isinstance(value := path.read(request, document), (str, int))
            },
        )

    def draft(self, type: str, now: float, id: str, example: Document) -> Draft:
        """A sample with `type`, `id` and the time `now` (Unix seconds), built on a copy of `example`."""
        draft = Draft({}, _copy(example))
        self._id.write(draft, id)
        for path, part in zip(self._type, type.split(".", len(self._type) - 1), strict=False):
            path.write(draft, part)
        if self._time:
            self._time.write(draft, datetime.fromtimestamp(now, UTC).isoformat())
        return draft

    def _read_type(self, request: WebhookRequest, document: Document) -> str:
        first, *others = (path.read(request, document) for path in self._type)
        parts = [first, *(part for part in others if part not in (None, ""))]
        what = f"the event type at {self.type if isinstance(self.type, str) else ' and '.join(self.type)}"
        return short_text(".".join(short_text(part, what) for part in parts), what)


def _copy(value: Any) -> Any:
    """A deep copy of a JSON document."""
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _put(node: Any, keys: Sequence[str], value: str) -> Any:
    """`node` with `value` at `keys`; objects and lists that are missing on the way are made."""
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if key.isdigit() and not isinstance(node, dict):
        items = node if isinstance(node, list) else []
        items.extend([None] * (int(key) + 1 - len(items)))
        items[int(key)] = _put(items[int(key)], rest, value)
        return items
    fields = node if isinstance(node, dict) else {}
    fields[key] = _put(fields.get(key), rest, value)
    return fields
