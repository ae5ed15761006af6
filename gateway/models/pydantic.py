"""pydantic models, which check what they are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.models.python import docstring, is_name, written
from gateway.models.shapes import EventModel, Field, Record, models

HEAD = '''"""Events as the gateway has seen them: written by `gateway events types --emit pydantic`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Seen(BaseModel):
    """A field that was not seen is kept; those with another name here can be given by either."""

    model_config = ConfigDict(extra="allow", populate_by_name=True, protected_namespaces=())
'''

TAKEN = frozenset(
    {"construct", "copy", "dict", "fields", "from_orm", "json", "parse_file", "parse_obj", "parse_raw"}
    | {"schema", "schema_json", "update_forward_refs", "validate"}
    | {"str", "int", "float", "bool", "list", "dict", "Any", "Literal", "Field"}
)
"""Names that a field of a model must not have: pydantic's own, and those that annotations use."""


def pydantic(schemas: Mapping[str, Mapping[str, Any]]) -> str:
    """A module for Python 3.11 and pydantic 2, from event names with the schema of their data."""
    found = models(schemas)
    parts = [HEAD, *map(_record, found.records), *map(_event, found.events), *_union(found.events)]
    return "\n\n".join(parts)


def _record(record: Record) -> str:
    names: set[str] = set()
    lines = [_line(field, names) for field in record.fields]
    return "\n".join([f"class {record.name}(_Seen):", docstring(record.about), "", *lines, ""])


def _line(field: Field, names: set[str]) -> str:
    name = _attribute(field.name, names)
    kind = written(field.shape)
    if not field.required and "None" not in kind.split(" | ") and kind != "Any":
        kind = f"{kind} | None"
    default = "" if field.required else "None"
    if name == field.name:
        return f"    {name}: {kind}" + (f" = {default}" if default else "")
    given = ", ".join(filter(None, [default, f"alias={field.name!r}"]))
    return f"    {name}: {kind} = Field({given})"


def _attribute(name: str, names: set[str]) -> str:
    """What a field is called in Python: as in JSON where that can be."""
    usable = name if is_name(name) else "".join(c if c.isascii() and c.isalnum() else "_" for c in name)
    usable = usable.strip("_") if not is_name(name) or name.startswith("_") else usable
    if not usable or usable[0].isdigit():
        usable = f"field_{usable}"
    if not is_name(usable) or usable in TAKEN or usable.startswith("model_"):
        usable = f"{usable}_" if not usable.startswith("model_") else f"its_{usable}"
    while usable in names:
        usable = f"{usable}_"
    names.add(usable)
    return usable


def _event(event: EventModel) -> str:
    lines = [
        f"class {event.name}Event(_Seen):",
        docstring(f"The event {event.event}, in the format `event`."),
        "",
        "    id: str",
        f"    name: Literal[{event.event!r}]",
        f"    data: {written(event.data)}",
        "    ts: int",
        "    v: str | None = None",
        "",
    ]
    return "\n".join(lines)


def _union(events: Sequence[EventModel]) -> list[str]:
    names = " | ".join(f"{event.name}Event" for event in events)
    if len(events) < 2:
        return [f"AnyEvent = {names}\n"] if events else []
    return [f'AnyEvent = Annotated[\n    {names},\n    Field(discriminator="name"),\n]\n']
