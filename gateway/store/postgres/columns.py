"""Rows turned into one array a column, which is how many rows go to PostgreSQL in one statement."""

from __future__ import annotations

from collections.abc import Sequence

NUL = "\x00"
"""The one character that a text in PostgreSQL cannot hold."""


def columns(rows: Sequence[Sequence[object]]) -> list[Sequence[object]]:
    """The columns of `rows`, of which there is at least one, with every text made storable."""
    return [text(column) for column in zip(*rows, strict=True)]


def text(column: Sequence[object]) -> Sequence[object]:
    """The column with U+FFFD in the place of each NUL. An event's data, kept byte for byte, has none."""
    if any(isinstance(value, str) and NUL in value for value in column):
        return [value.replace(NUL, "\ufffd") if isinstance(value, str) else value for value in column]
    return column
