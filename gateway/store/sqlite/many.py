"""Many rows by few statements.

Python's sqlite3 lets other threads run during every step of a statement. `executemany` is one step a row:
under load each ends in a wait for the event loop's thread. A statement of many rows is one step.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

SIZES = (64, 16, 4, 1)
"""Rows a statement: few sizes, so that each is prepared once, far below SQLite's limit of 32,766 values."""

Row = tuple[object, ...]

_ROW = re.compile(r"(?<=VALUES )\([?, ]+\)")


def insert(db: sqlite3.Connection, statement: str, rows: Sequence[Row]) -> None:
    """Run an INSERT that is written with `VALUES (?, …)` for all `rows`, in their order."""
    for some in _parts(rows):
        db.execute(_widened(statement, len(some)), tuple(chain.from_iterable(some)))


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    start = 0
    for size in SIZES:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


@lru_cache(maxsize=64)
def _widened(statement: str, rows: int) -> str:
    """The statement with the row of placeholders that it holds written `rows` times."""
    return _ROW.sub(lambda row: ", ".join([row[0]] * rows), statement)
