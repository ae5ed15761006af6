"""Schemas as config.yaml states them: what the data of events of a name has to be, and what if it is not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import orjson
from pydantic import Field, model_validator

from gateway.config.filling import Filling
from gateway.config.messages import checked
from gateway.config.patterns import pattern
from gateway.config.problems import KeyPath
from gateway.config.section import Section
from gateway.event import SYSTEM, compile_patterns
from gateway.schema import Clause, Contract, InvalidSchema, Schema, read_file

EXAMPLE = '"order/invoice.paid": {file: schemas/invoice.json, mode: refuse}'


class EventSchema(Section):
    """A JSON Schema for the data of the events that one pattern matches; `file` from the config's folder."""

    file: str | None = Field(None, min_length=1)
    schema_: dict[str, Any] | bool | None = Field(None, alias="schema")
    mode: Literal["warn", "refuse"] = "warn"

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.file is None) == (self.schema_ is None):
            raise ValueError("must have either schema: with the JSON Schema itself, or file: with its path")
        return self


def read_contract(raw: Any, filling: Filling) -> Contract | None:
    """The contract of `schemas:`; None where there is none, or problems were noted."""
    if raw is None:
        return None
    if not isinstance(raw, dict):
        filling.wrong(("schemas",), f"must be a mapping of names or patterns, such as {{{EXAMPLE}}}")
        return None
    found = [clause for name, one in raw.items() if (clause := _clause(name, one, filling))]
    return Contract(found) if found else None


def _clause(name: str, raw: Any, filling: Filling) -> Clause | None:
    path: KeyPath = ("schemas", name)
    try:
        pattern(name)
    except ValueError as error:
        filling.wrong(path, str(error))
        return None
    if name.startswith(f"{SYSTEM}/"):
        filling.wrong(path, "the gateway's own events have the shape that its documentation says")
        return None
    if not isinstance(raw, Mapping):
        filling.wrong(path, f"must be a mapping, such as in {EXAMPLE}")
        return None
    stated = checked(filling, EventSchema, raw, path)
    schema = None if stated is None else _schema(stated, path, filling)
    if stated is None or schema is None:
        return None
    return Clause(name, compile_patterns([name]), schema, stated.mode == "refuse")


def _schema(stated: EventSchema, path: KeyPath, filling: Filling) -> Schema | None:
    file = None if stated.file is None else Path(filling.folder / stated.file)
    here = (*path, "schema" if file is None else "file")
    try:
        # Written and read again: what came from the environment is then plain text.
        document = orjson.loads(orjson.dumps(stated.schema_)) if file is None else read_file(file)
        return Schema(document, file)
    except InvalidSchema as error:
        filling.wrong(here, f"{'' if file is None else f'{file} '}{error}")
    except ValueError as error:
        filling.wrong(here, str(error))
    return None
