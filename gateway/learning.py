"""A JSON Schema learned from samples: which fields, which types, what is always there. Pure.

It says what was seen, not what may come: a field that all samples have counts as required.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

DEEPEST = 12
"""Levels below which anything goes."""

MOST_FIELDS = 60
"""Fields that an object may have that were not in each of its samples: past it its keys are data."""

MOST_VALUES = 8
"""Texts that count as the choices of a field."""

SEEN_EACH = 3
"""How often the texts of a field must have come on average to be choices, and the one of a field that has
only one."""

LONGEST_VALUE = 40
"""Characters of a choice."""

ITEMS = 100
"""Items of a list that are looked at."""

_KINDS = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array"}


def learned(samples: Sequence[Any]) -> dict[str, Any]:
    """The JSON Schema that all samples keep; that of no sample is `{}`."""
    return _merged(samples, 0)


def _merged(values: Sequence[Any], depth: int) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for value in values:
        found.setdefault(_KINDS.get(type(value), "null"), []).append(value)
    if depth >= DEEPEST or not found:
        return {}
    if {"integer", "number"} <= found.keys():
        found["number"] += found.pop("integer")
    schema: dict[str, Any] = {"type": next(iter(found)) if len(found) == 1 else sorted(found)}
    if "object" in found:
        schema |= _object(found["object"], depth)
    if "array" in found:
        schema |= _array(found["array"], depth)
    if found.keys() <= {"string", "null"} and (choices := _choices(found.get("string", []))):
        schema["enum"] = [*choices, None] if "null" in found else choices
    return schema


def _object(objects: Sequence[Mapping[str, Any]], depth: int) -> dict[str, Any]:
    values: dict[str, list[Any]] = {}
    for one in objects:
        for name, value in one.items():
            values.setdefault(name, []).append(value)
    required = [name for name, each in values.items() if len(each) == len(objects)]
    if len(values) - len(required) > MOST_FIELDS:
        every = [value for each in values.values() for value in each]
        return {"additionalProperties": _merged(every, depth + 1)}
    properties = {name: _merged(each, depth + 1) for name, each in values.items()}
    found = {"properties": properties, "required": sorted(required)}
    return {keyword: said for keyword, said in found.items() if said}


def _array(arrays: Iterable[Sequence[Any]], depth: int) -> dict[str, Any]:
    items = [item for one in arrays for item in one[:ITEMS]]
    return {"items": _merged(items, depth + 1)} if items else {}


def _choices(texts: Sequence[str]) -> list[str]:
    """The texts of a field where they are few and came often; none where they look like data."""
    distinct = sorted(set(texts))
    if not 0 < len(distinct) <= MOST_VALUES or len(texts) < SEEN_EACH * len(distinct):
        return []
    return distinct if all(_is_word(text) for text in distinct) else []


def _is_word(text: str) -> bool:
    return 0 < len(text) <= LONGEST_VALUE and text.isascii() and text.isprintable() and " " not in text
