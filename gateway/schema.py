"""What the data of events has to be: JSON Schemas by name, compiled when the config is read.

The language: https://json-schema.org/draft/2020-12, seen 2026-11-25, and older
drafts where `$schema` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

MOST = 10
"""Faults that are told of one event."""

LONGEST = 300
"""Characters that are kept of what a fault says."""

MAX_REMEMBERED = 4096
"""Event names whose schemas are remembered."""

LARGEST_FILE = 4_194_304
"""Bytes of a file that holds a schema."""


class InvalidSchema(ValueError):
    """The document is no JSON Schema. The message says where in it, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One place at which data breaks a schema: `field` is `data.amount`, `reason` never shows the value."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field} {self.reason}"


@dataclass(frozen=True, slots=True)
class Breach:
    """An event that breaks a schema; `pattern` is that of the schema. `refused`: nobody gets it."""

    pattern: str
    refused: bool
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        return "; ".join(map(str, self.faults))


class Schema:
    """One schema, compiled."""

    def __init__(self, document: Any, file: Path | None = None) -> None:
        """`file` is where it stands: a `$ref` may name files beside it, nothing else is ever fetched.

        Raises InvalidSchema.
        """
        import jsonschema_rs  # by the first schema: who has none need not load it

        if not isinstance(document, dict | bool):
            raise InvalidSchema("is no JSON Schema: it must be an object")
        folder = None if file is None else file.parent.resolve()
        try:
            self._validator = jsonschema_rs.validator_for(
                document,
                validate_formats=True,
                mask="",
                retriever=lambda uri: _retrieved(uri, folder),
                base_uri=None if file is None else file.resolve().as_uri(),
            )
        except jsonschema_rs.ValidationError as error:
            raise InvalidSchema(f"is no JSON Schema: {_told(error.instance_path, error.message)}") from None
        except Exception as error:
            raise InvalidSchema(f"is no JSON Schema: {error}") from None

    def faults(self, data: Any) -> tuple[Fault, ...]:
        """Where `data` breaks it, the first MOST; none where it keeps it."""
        if self._validator.is_valid(data):
            return ()
        found = islice(self._validator.iter_errors(data), MOST)
        return tuple(Fault(_path(each.instance_path), _reason(each.message)) for each in found)


def _retrieved(uri: str, folder: Path | None) -> Any:
    parts = urlsplit(uri)
    if parts.scheme != "file" or folder is None:
        raise ValueError("nothing is fetched; put what is meant into $defs, or into a file beside the schema")
    path = Path(unquote(parts.path)).resolve()
    if folder not in path.parents:
        raise ValueError(f"only files below {folder} are read")
    return read_file(path)


def read_file(path: Path) -> Any:
    """The JSON in a file. Raises ValueError saying why there is none."""
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror}") from None
    if len(text) > LARGEST_FILE:
        raise ValueError(f"{path} is larger than {LARGEST_FILE} bytes")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"{path} is not JSON: {error}") from None


def _told(path: Sequence[str | int], message: str) -> str:
    said = " ".join(message.split())
    return f"at {'.'.join(map(str, path))}: {said}" if path else said


def _path(steps: Iterable[str | int]) -> str:
    return "data" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _reason(message: str) -> str:
    said = " ".join(message.split())
    said = said if said.startswith(("is ", "has ", "does ")) else f"breaks its schema: {said}"
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"


@dataclass(frozen=True, slots=True)
class Clause:
    """A schema with the names that it holds for, and whether what breaks it is refused."""

    pattern: str
    names: re.Pattern[str]
    schema: Schema
    refuses: bool


class Contract:
    """Every schema of one config. An event keeps those whose pattern matches its name, all of them."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        self.clauses = tuple(clauses)
        self._remembered: dict[str, tuple[Clause, ...]] = {}

    def breach(self, name: str, data: Any) -> Breach | None:
        """How an event breaks a schema, first one that refuses; None where it keeps them all."""
        found = None
        for clause in self._of(name):
            if (found is None or clause.refuses) and (faults := clause.schema.faults(data)):
                found = Breach(clause.pattern, clause.refuses, faults)
                if clause.refuses:
                    break
        return found

    def _of(self, name: str) -> tuple[Clause, ...]:
        known = self._remembered.get(name)
        if known is None:
            known = tuple(each for each in self.clauses if each.names.fullmatch(name))
            if len(self._remembered) < MAX_REMEMBERED:
                self._remembered[name] = known
        return known
