"""Opening a connection to the SQLite file, and SQLite's errors in the store's words."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeVar

from gateway.event import compile_patterns
from gateway.store.errors import StoreError, StoreRefused, StoreUnavailable

Made = TypeVar("Made")


class Read(Protocol):
    """Reads on a connection of a thread's own. Raises StoreError."""

    async def __call__(self, read: Callable[[sqlite3.Connection], Made], /) -> Made: ...


OLDEST_SQLITE = (3, 38, 0)
"""The first SQLite with the `->>` operator."""

PAGE_SIZE = 8192
"""Bytes. Measured: a 2 kB webhook costs a third less processor time here than on pages of 4096."""

BUSY_TIMEOUT = 5.0
"""Seconds to wait for another process that is writing (a CLI command, a backup)."""

_SETTINGS = (
    f"PRAGMA page_size = {PAGE_SIZE}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA cache_size = -65536",
    "PRAGMA wal_autocheckpoint = 2000",
    "PRAGMA journal_size_limit = 67108864",
)

_FATAL = ("malformed", "not a database", "encrypted")


def connect(path: Path) -> sqlite3.Connection:
    """A connection that may be used by one thread at a time, with the gateway's settings.

    Raises StoreRefused where SQLite is too old, and what `translated` raises.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreRefused(f"SQLite {sqlite3.sqlite_version} is too old; the gateway needs 3.38 or newer")
    with translated(path):
        db = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
        try:
            db.row_factory = sqlite3.Row
            db.create_function("name_matches", 2, _name_matches, deterministic=True)
            for setting in _SETTINGS:
                db.execute(setting)
        except BaseException:
            db.close()
            raise
    return db


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise what SQLite raises as StoreUnavailable or StoreRefused, naming the file and the way out."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error, path) from error


def translate(error: sqlite3.Error, path: Path) -> StoreError:
    """One SQLite error in the store's words."""
    text = str(error)
    if any(word in text for word in _FATAL):
        return StoreRefused(
            f"{path}: {text}; restore it from a backup, or move it away and let the gateway make a new one"
        )
    if "locked" in text:
        return StoreUnavailable(f"{path}: another process holds the write lock; end it or try again ({text})")
    if "full" in text or "disk I/O" in text:
        return StoreUnavailable(f"{path}: {text}; free some space on its disk")
    if "unable to open" in text:
        return StoreUnavailable(f"{path}: {text}; check that its folder exists and is writable")
    return StoreUnavailable(f"{path}: {text}")


@lru_cache(maxsize=256)
def _pattern(pattern: str):  # type: ignore[no-untyped-def]
    return compile_patterns([pattern])


def _name_matches(pattern: str, name: str) -> bool:
    return _pattern(pattern).fullmatch(name) is not None
