"""JSON Schemas as shapes with names, the inner ones first, which every language can write down."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Kind = str
"""One of string, integer, number, boolean, null, any."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value without parts."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these texts."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    item: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object whose keys are data."""

    value: Shape


@dataclass(frozen=True, slots=True)
class Named:
    """An object that has a name of its own."""

    name: str


@dataclass(frozen=True, slots=True)
class Union:
    """One of several; there are two at least."""

    shapes: tuple[Shape, ...]


Shape = Scalar | Choice | ListOf | MapOf | Named | Union
ANY, NULL = Scalar("any"), Scalar("null")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object, by the name that it has in JSON."""

    name: str
    shape: Shape
    required: bool


@dataclass(frozen=True, slots=True)
class Record:
    """An object with a name, and what it is for."""

    name: str
    fields: tuple[Field, ...]
    about: str


@dataclass(frozen=True, slots=True)
class EventModel:
    """An event's name, the name of its model, and the shape of its data."""

    event: str
    name: str
    data: Shape


@dataclass(frozen=True, slots=True)
class Models:
    """Everything to write down. Each record names only those before it."""

    records: tuple[Record, ...]
    events: tuple[EventModel, ...]


def models(schemas: Mapping[str, Mapping[str, Any]]) -> Models:
    """The models of events by their names, from the schemas of their data."""
    naming = _Naming()
    events = []
    for event, schema in sorted(schemas.items()):
        name = naming.free(pascal(event))
        naming.free(f"{name}Event")
        events.append(EventModel(event, name, naming.shape(schema, name, f"The data of {event}.")))
    return Models(tuple(naming.records), tuple(events))


def pascal(text: str) -> str:
    """`stripe/customer.created` -> `StripeCustomerCreated`; never empty, never begins with a digit."""
    words = re.findall(r"[A-Za-z0-9]+", text)
    name = "".join(word[0].upper() + word[1:] for word in words)
    return name if name[:1].isalpha() else f"X{name}"


class _Naming:
    """Gives names, each once, and collects the records."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._taken = {
            "AnyEvent",
            "Any",
            "BaseModel",
            "ConfigDict",
            "Field",
            "Literal",
            "NotRequired",
            "TypedDict",
        }

    def free(self, name: str) -> str:
        """`name`, with a number where it is taken."""
        number, free = 1, name
        while free in self._taken:
            number += 1
            free = f"{name}{number}"
        self._taken.add(free)
        return free

    def shape(self, schema: Mapping[str, Any], name: str, about: str) -> Shape:
        """The shape of a schema; `name` is for the object that it may be, and is taken already."""
        found = list(self._shapes(schema, name, about))
        return found[0] if len(found) == 1 else Union(tuple(found)) if found else ANY

    def _shapes(self, schema: Mapping[str, Any], name: str, about: str) -> Iterator[Shape]:
        if "enum" in schema:
            texts = tuple(text for text in schema["enum"] if isinstance(text, str))
            yield from [Choice(texts)] if texts else []
            yield from [NULL] if None in schema["enum"] else []
            return
        kinds = schema.get("type", [])
        for kind in [kinds] if isinstance(kinds, str) else kinds:
            if kind == "object":
                yield self._object(schema, name, about)
            elif kind == "array":
                yield ListOf(
                    self._inner(
                        schema.get("items", {}), f"{name}Item", f"An item of {about[:1].lower()}{about[1:]}"
                    )
                )
            else:
                yield Scalar(kind)

    def _object(self, schema: Mapping[str, Any], name: str, about: str) -> Shape:
        properties: Mapping[str, Any] = schema.get("properties", {})
        if not properties:
            return MapOf(self._inner(schema.get("additionalProperties") or {}, f"{name}Value", about))
        required: Sequence[str] = schema.get("required", ())
        fields = tuple(
            Field(key, self._inner(inner, f"{name}{pascal(key)}", f"`{key}` of {name}."), key in required)
            for key, inner in properties.items()
        )
        self.records.append(Record(name, fields, about))
        return Named(name)

    def _inner(self, schema: Mapping[str, Any], name: str, about: str) -> Shape:
        return self.shape(schema, self.free(name) if _has_object(schema) else name, about)


def _has_object(schema: Mapping[str, Any]) -> bool:
    kinds = schema.get("type", [])
    return "object" in ([kinds] if isinstance(kinds, str) else kinds) and bool(schema.get("properties"))
