"""TypedDicts, for the JSON as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.models.python import docstring, is_name, written
from gateway.models.shapes import EventModel, Field, Record, models

HEAD = '''"""Events as the gateway has seen them, by `gateway events types --emit python-typeddict`."""

from typing import Any, Literal, NotRequired, TypedDict
'''


def typeddict(schemas: Mapping[str, Mapping[str, Any]]) -> str:
    """A module for Python 3.11 or newer, from event names with the schema of their data."""
    found = models(schemas)
    parts = [HEAD, *map(_record, found.records), *map(_event, found.events), *_union(found.events)]
    return "\n\n".join(parts)


def _record(record: Record) -> str:
    if all(is_name(field.name) for field in record.fields):
        lines = [f"    {field.name}: {_type(field)}" for field in record.fields]
        return "\n".join([f"class {record.name}(TypedDict):", docstring(record.about), "", *lines, ""])
    lines = [f"        {field.name!r}: {_type(field)}," for field in record.fields]
    return "\n".join(
        [f"{record.name} = TypedDict(", f"    {record.name!r},", "    {", *lines, "    },", ")", ""]
    )


def _type(field: Field) -> str:
    return written(field.shape) if field.required else f"NotRequired[{written(field.shape)}]"


def _event(event: EventModel) -> str:
    lines = [
        f"class {event.name}Event(TypedDict):",
        docstring(f"The event {event.event}, in the format `event`."),
        "",
        "    id: str",
        f"    name: Literal[{event.event!r}]",
        f"    data: {written(event.data)}",
        "    ts: int",
        "    v: str | None",
        "",
    ]
    return "\n".join(lines)


def _union(events: Sequence[EventModel]) -> list[str]:
    names = " | ".join(f"{event.name}Event" for event in events)
    return [f"AnyEvent = {names}\n"] if events else []
