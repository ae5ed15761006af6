"""Pydantic's errors in the words of config.yaml: what would be right, and what was probably meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
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
    details = error.errors(include_url=False)
    meant = {path for path in (_meant(detail, model, beside) for detail in details) if path}
    for detail in details:
        path = _path(detail)
        if detail["type"] != "missing" or path not in meant:
            yield path, _message(detail, model, beside)


def _path(detail: ErrorDetails) -> KeyPath:
    return tuple(part for part in detail["loc"] if part != "[key]")


def _meant(detail: ErrorDetails, model: type[BaseModel], beside: Iterable[str]) -> KeyPath | None:
    if detail["type"] != "extra_forbidden":
        return None
    *parents, key = _path(detail)
    near = get_close_matches(str(key), _keys(model, parents, beside), n=1)
    return (*parents, near[0]) if near else None


def _message(detail: ErrorDetails, model: type[BaseModel], beside: Iterable[str]) -> str:
    *parents, key = _path(detail) or ("",)
    if detail["type"] == "extra_forbidden":
        return unknown_key(str(key), _keys(model, parents, beside))
    if detail["type"] == "missing":
        return f"is missing{_example(model, parents, str(key))}"
    words = _WORDS.get(detail["type"])
    return words(detail["input"], detail.get("ctx", {})) if words else detail["msg"]


def _inner(model: type[BaseModel] | None, parents: Iterable[str | int]) -> type[BaseModel] | None:
    """The model at `parents` below `model`, None where there is no model of ours."""
    for part in parents:
        field = model.model_fields.get(str(part)) if model else None
        kind = field.annotation if field else None
        model = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
    return model


def _keys(model: type[BaseModel], parents: list[str | int], beside: Iterable[str]) -> list[str]:
    inner = _inner(model, parents)
    own = [field.alias or name for name, field in inner.model_fields.items()] if inner else []
    return own if parents else [*beside, *own]


def _example(model: type[BaseModel], parents: list[str | int], key: str) -> str:
    inner = _inner(model, parents)
    field = inner.model_fields.get(key) if inner else None
    return f"; write for example {key}: {field.examples[0]}" if field and field.examples else ""
