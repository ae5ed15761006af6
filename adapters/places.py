"""Places in a request, written as paths; `adapters.fields` and the schemes are declared with them.

    body.data.id            a field of the JSON body; a number counts into a list: body.events.0.id
    item.id                 a field of one item of a batch
    form.MessageSid         a field of an urlencoded body
    header.X-Event-Id       a header
    body.a|header.B         the first of them that holds something

Keys are taken as they are written; a key that holds a dot or a `|` cannot be named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from adapters.base import PayloadError, WebhookRequest, header_name

Document = Mapping[str, Any]

_KEYS = re.compile(r"(body|item)((?:\.[^.\s|,]+)+)")
_MAX_INDEX = 999


@dataclass
class Draft:
    """A sample request in the making."""

    headers: dict[str, str]
    document: dict[str, Any]
    item: dict[str, Any] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    batch: bool = False


class Place(Protocol):
    """One place in a request."""

    in_json: ClassVar[bool] = False
    """Whether reading it needs the JSON body."""

    def read(self, request: WebhookRequest, document: Document, item: Document | None = None) -> object:
        """What stands there; None where nothing does. Raises PayloadError where it is ambiguous.

        `document` is the request's object, `item` the one of a batch that is read.
        """
        ...

    def write(self, draft: Draft, value: object) -> None:
        """Put `value` there, for a sample."""
        ...


@dataclass(frozen=True, slots=True)
class BodyPath:
    keys: tuple[str, ...]
    in_json: ClassVar[bool] = True

    def read(self, request: WebhookRequest, document: Document, item: Document | None = None) -> object:
        return walk(document, self.keys)

    def write(self, draft: Draft, value: object) -> None:
        put(draft.document, self.keys, value)


@dataclass(frozen=True, slots=True)
class ItemPath:
    keys: tuple[str, ...]
    in_json: ClassVar[bool] = True

    def read(self, request: WebhookRequest, document: Document, item: Document | None = None) -> object:
        return walk(document if item is None else item, self.keys)

    def write(self, draft: Draft, value: object) -> None:
        put(draft.item, self.keys, value)


@dataclass(frozen=True, slots=True)
class FormPath:
    name: str
    in_json: ClassVar[bool] = False

    def read(self, request: WebhookRequest, document: Document, item: Document | None = None) -> object:
        values = request.form.get(self.name, [])
        if len(values) > 1:
            raise PayloadError(f"the form holds the field {self.name!r} {len(values)} times")
        return values[0] if values else None

    def write(self, draft: Draft, value: object) -> None:
        draft.form[self.name] = str(value)


@dataclass(frozen=True, slots=True)
class HeaderPath:
    name: str
    in_json: ClassVar[bool] = False

    def read(self, request: WebhookRequest, document: Document, item: Document | None = None) -> object:
        values = request.headers.all(self.name)
        if len(values) > 1:
            raise PayloadError(f"the header {self.name} came {len(values)} times")
        return values[0].decode("latin-1") if values else None

    def write(self, draft: Draft, value: object) -> None:
        draft.headers[self.name] = str(value)


@dataclass(frozen=True, slots=True)
class Constant:
    text: str
    in_json: ClassVar[bool] = False

    def read(self, request: WebhookRequest, document: Document, item: Document | None = None) -> object:
        return self.text

    def write(self, draft: Draft, value: object) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Either:
    places: tuple[Place, ...]
    in_json: ClassVar[bool] = True

    def read(self, request: WebhookRequest, document: Document, item: Document | None = None) -> object:
        for place in self.places:
            if (value := place.read(request, document, item)) not in (None, ""):
                return value
        return None

    def write(self, draft: Draft, value: object) -> None:
        self.places[0].write(draft, value)


def compile_path(text: str) -> Place:
    """The place that `text` names. Raises ValueError, saying what would be right, where it names none."""
    if "|" in text:
        return Either(tuple(compile_path(part) for part in text.split("|")))
    if text.startswith("header."):
        return HeaderPath(header_name(text[len("header.") :]))
    if text.startswith("form.") and len(text) > len("form."):
        return FormPath(text[len("form.") :])
    if body := _KEYS.fullmatch(text):
        keys = tuple(body[2][1:].split("."))
        if not any(key.isdigit() and (not key.isascii() or int(key) > _MAX_INDEX) for key in keys):
            return BodyPath(keys) if body[1] == "body" else ItemPath(keys)
    raise ValueError(f"{text!r} is no place in a request; write body.data.id or header.X-Event-Id")


def walk(value: object, keys: Sequence[str]) -> object:
    """What stands at `keys` in a JSON document; None where nothing does."""
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def put(node: Any, keys: Sequence[str], value: object) -> Any:
    """`node` with `value` at `keys`; objects and lists that are missing on the way are made."""
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if key.isdigit() and not isinstance(node, dict):
        items = node if isinstance(node, list) else []
        items.extend([None] * (int(key) + 1 - len(items)))
        items[int(key)] = put(items[int(key)], rest, value)
        return items
    fields = node if isinstance(node, dict) else {}
    fields[key] = put(fields.get(key), rest, value)
    return fields


def copy_document(value: Any) -> Any:
    """A deep copy of a JSON document."""
    if isinstance(value, Mapping):
        return {key: copy_document(item) for key, item in value.items()}
    return [copy_document(item) for item in value] if isinstance(value, list) else value
