"""TypeScript's interfaces."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.models.shapes import (
    Choice,
    EventModel,
    Field,
    ListOf,
    MapOf,
    Named,
    Record,
    Scalar,
    Shape,
    models,
)

HEAD = "// Events as the gateway has seen them: written by `gateway events types --emit typescript`.\n"
SCALARS = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
    "any": "unknown",
}

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def typescript(schemas: Mapping[str, Mapping[str, Any]]) -> str:
    """A module, from event names with the schema of their data."""
    found = models(schemas)
    return "\n".join([HEAD, *map(_record, found.records), *map(_event, found.events), *_union(found.events)])


def _record(record: Record) -> str:
    lines = [_line(field) for field in record.fields]
    return "\n".join([_comment(record.about), f"export interface {record.name} {{", *lines, "}", ""])


def _line(field: Field) -> str:
    name = field.name if _NAME.fullmatch(field.name) else json.dumps(field.name)
    return f"  {name}{'' if field.required else '?'}: {_written(field.shape)};"


def _written(shape: Shape) -> str:
    if isinstance(shape, Scalar):
        return SCALARS[shape.kind]
    if isinstance(shape, Choice):
        return " | ".join(map(json.dumps, shape.texts))
    if isinstance(shape, ListOf):
        return f"Array<{_written(shape.item)}>"
    if isinstance(shape, MapOf):
        return f"Record<string, {_written(shape.value)}>"
    if isinstance(shape, Named):
        return shape.name
    return " | ".join(dict.fromkeys(map(_written, shape.shapes)))


def _event(event: EventModel) -> str:
    lines = [
        _comment(f"The event {event.event}, in the format `event`."),
        f"export interface {event.name}Event {{",
        "  id: string;",
        f"  name: {json.dumps(event.event)};",
        f"  data: {_written(event.data)};",
        "  ts: number;",
        "  v: string | null;",
        "}",
        "",
    ]
    return "\n".join(lines)


def _comment(text: str) -> str:
    plain = "".join(char if char.isprintable() else "'" for char in text).replace("*/", "*\\/")
    return f"/** {plain} */"


def _union(events: Sequence[EventModel]) -> list[str]:
    names = " | ".join(f"{event.name}Event" for event in events)
    return [f"export type AnyEvent = {names};\n"] if events else []
