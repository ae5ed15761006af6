"""CEL expressions as config.yaml states them, compiled when it is read."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator

from gateway.config.problems import shown
from gateway.expression import Expression

_CONDITION = '"event.data.livemode == true"'


def cel_expression(value: object) -> Expression | None:
    """Compiled; None where nothing is written. Raises ValueError saying what would be right."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"must be a CEL expression in quotes, such as {_CONDITION}, not {shown(value)}")
    return Expression(value)


CelExpression = Annotated[Expression | None, PlainValidator(cel_expression)]
