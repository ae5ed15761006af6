"""Pydantic's errors in the words of config.yaml: what would be right, and what was probably meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import NoneType
from typing import Any, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gateway.config.filling import Filling
from gateway.config.problems import KeyPath, shown

Complaint = tuple[KeyPath, str]
"""Where, below the part that was checked, and what."""

M = TypeVar("M", bound=BaseModel)

_WORDS: Mapping[str, Callable[[Any, Mapping[str, Any]], str]] = {
    "int_type": lambda value, _: f"must be a whole number, not {shown(value)}",
    "int_parsing": lambda value, _: f"must be a whole number, not {shown(value)}",
    "int_from_float": lambda value, _: f"must be a whole number, not {shown(value)}",
    "float_type": lambda value, _: f"must be a number, not {shown(value)}",
    "float_parsing": lambda value, _: f"must be a number, not {shown(value)}",
    "bool_type": lambda value, _: f"must be true or false, not {shown(value)}",
    "bool_parsing": lambda value, _: f"must be true or false, not {shown(value)}",
    "string_type": lambda value, _: f"must be text; write it in quotes, not as {shown(value)}",
    "string_too_short": lambda _, ctx: f"must have at least {ctx['min_length']} characters",
    "string_too_long": lambda _, ctx: f"must have at most {ctx['max_length']} characters",
    "greater_than_equal": lambda value, ctx: f"must be at least {ctx['ge']}, not {shown(value)}",
    "less_than_equal": lambda value, ctx: f"must be at most {ctx['le']}, not {shown(value)}",
    "greater_than": lambda value, ctx: f"must be more than {ctx['gt']}, not {shown(value)}",
    "less_than": lambda value, ctx: f"must be less than {ctx['lt']}, not {shown(value)}",
    "too_short": lambda _, ctx: f"must have at least {ctx['min_length']} item",
    "too_long": lambda _, ctx: f"must have at most {ctx['max_length']} items",
    "byte_size": lambda value, _: _size(value),
    "byte_size_unit": lambda value, _: _size(value),
    "tuple_type": lambda value, _: f"must be a list in [ ], not {shown(value)}",
    "list_type": lambda value, _: f"must be a list in [ ], not {shown(value)}",
    "dict_type": lambda value, _: "must be a mapping of keys and values in { }",
    "model_type": lambda value, _: f"must be a mapping of keys, not {shown(value)}",
    "model_attributes_type": lambda value, _: f"must be a mapping of keys, not {shown(value)}",
    "union_tag_invalid": lambda value, ctx: _kind(value["type"], ctx["expected_tags"]),
    "literal_error": lambda value, ctx: _choice(value, ctx["expected"]),
    "value_error": lambda _, ctx: str(ctx["error"]),
}


def checked(
    filling: Filling, model: type[M], raw: Any, path: KeyPath, beside: Iterable[str] = ()
) -> M | None:
    """`raw`, which stands at `path`, as a `model`; None where problems were noted instead."""
    try:
        return model.model_validate(raw, context={"folder": filling.folder})
    except ValidationError as error:
        for inner, message in complaints(error, model, beside):
            filling.wrong_value((*path, *inner), message)
    return None


def _size(value: object) -> str:
    return f"must be a size such as 512KiB, 1MiB or a number of bytes, not {shown(value)}"


def _choice(value: object, expected: str) -> str:
    """`expected` as pydantic writes it: 'a', 'b' or 'c'."""
    return f"must be {expected}, not {shown(value)}"


def _kind(value: object, expected: str) -> str:
    """`expected` as pydantic writes it: 'a', 'b', 'c'."""
    near = get_close_matches(str(value), expected.replace("'", "").split(", "), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {expected}"
    return f"there is no {shown(value)}; {hint}"


def unknown_key(key: str, known: Iterable[str]) -> str:
    """What to say about a key that is none of `known`."""
    choices = list(known)
    near = get_close_matches(key, choices, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(choices)}"
    return f"unknown key; {hint}"


def complaints(
    error: ValidationError, model: type[BaseModel], beside: Iterable[str] = ()
) -> Iterator[Complaint]:
    """Every error of one validation against `model`, in words; `beside` are keys known besides its own.

    A key that is missing only because it is misspelt is told once, as the misspelling.
    """
    found = [(detail, _place(detail, model, beside)) for detail in error.errors(include_url=False)]
    meant = {path for path in (_meant(detail, place) for detail, place in found) if path}
    for detail, place in found:
        if detail["type"] != "missing" or place.path not in meant:
            yield place.path, _message(detail, place)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an error is: the `path` in the file, its last key's `field`, and all keys `known` beside that."""

    path: KeyPath
    field: FieldInfo | None = None
    known: tuple[str, ...] = ()


def _place(detail: ErrorDetails, model: type[BaseModel], beside: Iterable[str]) -> _Place:
    """Follow the error's location down from `model`; pydantic names a chosen member of a union on the way."""
    place, kind, aside = _Place(()), cast(Any, model), tuple(beside)
    for part in detail["loc"]:
        if part == "[key]":
            continue
        if isinstance(part, int) and get_origin(kind) is tuple:
            place, kind = _Place((*place.path, part)), get_args(kind)[0]
            continue
        if get_args(kind) and (member := _member(kind, part)):
            kind = member
            continue
        if isinstance(part, int) and (item := _item(kind)):
            place, kind = _Place((*place.path, part)), item
            continue
        is_model = isinstance(kind, type) and issubclass(kind, BaseModel)
        fields = {each.alias or name: each for name, each in kind.model_fields.items()} if is_model else {}
        known = (*(aside if not place.path else ()), *fields)
        place = _Place((*place.path, part), fields.get(str(part)), known)
        kind = _given(place.field.annotation) if place.field else None
    return _tag(detail, place)


def _given(kind: Any) -> Any:
    """A part of the file that may be left out, as what it is where it is there."""
    inner, *rest = [each for each in get_args(kind) if each is not NoneType] or [kind]
    return kind if rest or NoneType not in get_args(kind) else inner


def _member(kind: Any, tag: str | int) -> type[BaseModel] | None:
    """The member of a union of models that has this `type`."""
    members = [each for each in get_args(kind) if isinstance(each, type) and issubclass(each, BaseModel)]
    tagged = [each for each in members if "type" in each.model_fields]
    return next((each for each in tagged if tag in get_args(each.model_fields["type"].annotation)), None)


def _item(kind: Any) -> type[BaseModel] | None:
    """The model that each item of a list of models is."""
    first = next(iter(get_args(kind)), None) if get_origin(kind) is tuple else None
    return first if isinstance(first, type) and issubclass(first, BaseModel) else None


def _tag(detail: ErrorDetails, place: _Place) -> _Place:
    """An error about the `type` that chooses a member, at that key, or at what was written in its place."""
    if not detail["type"].startswith("union_tag"):
        return place
    members = get_args(place.field.annotation) if place.field else ()
    known = tuple(members[0].model_fields) if members else ()
    near = get_close_matches("type", [str(key) for key in detail["input"]], n=1)
    key = near[0] if near and "type" not in detail["input"] else "type"
    return _Place((*place.path, key), members[0].model_fields["type"] if members else None, known)


def _meant(detail: ErrorDetails, place: _Place) -> KeyPath | None:
    if detail["type"] != "extra_forbidden":
        return None
    *parents, key = place.path
    near = get_close_matches(str(key), place.known, n=1)
    return (*parents, near[0]) if near else None


def _message(detail: ErrorDetails, place: _Place) -> str:
    key = str(place.path[-1]) if place.path else ""
    absent = detail["type"] == "union_tag_not_found"
    if detail["type"] == "extra_forbidden" or (absent and key != "type"):
        return unknown_key(key, ("type",) if absent else place.known)
    if absent or detail["type"] == "missing":
        return f"is missing{_example(place.field, key)}"
    words = _WORDS.get(detail["type"])
    return words(detail["input"], detail.get("ctx", {})) if words else detail["msg"]


def _example(field: FieldInfo | None, key: str) -> str:
    return f"; write for example {key}: {field.examples[0]}" if field and field.examples else ""
