"""CEL expressions as config.yaml states them, compiled when it is read."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator

from gateway.config.problems import shown
from gateway.expression import Expression

_CONDITION = '"event.data.livemode == true"'


def compiled(value: object) -> Expression | None:
    """The expression of a text; None for none. Raises ValueError saying what would be right, and where."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"must be a CEL expression in quotes, such as {_CONDITION}, not {shown(value)}")
    return Expression(value)


CelExpression = Annotated[Expression | None, PlainValidator(compiled)]
