"""How far the rows had come at a time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """How far each kind of row had come at a time: the `seq` of the first that was made then or later.

    Two marks tell how many were made between them without a row being counted. That is exact as long as
    nothing in between was erased, and a little off where several nodes write at once.
    """

    events: int
    duplicates: int
    rejections: int
    deliveries: int
