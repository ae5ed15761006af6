"""Where events, dedupe keys and deliveries live: one contract, one engine a package.

A store is named by its `target`: the path of a SQLite file, or a postgresql:// URL.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from gateway.store import sqlite
from gateway.store.contract import Planned, Store
from gateway.store.copying import Source, Target
from gateway.store.encryption import check_keys
from gateway.store.errors import StoreError, StoreRefused, StoreUnavailable
from gateway.store.keyring import Keyring
from gateway.store.sealed import sealed

__all__ = [
    "Planned", "Store", "StoreError", "StoreRefused", "StoreUnavailable", "exists", "open_copy", "open_store",
    "plan", "prepare",
]  # fmt: skip


async def open_store(
    target: Path | str, may_migrate: bool = True, connections: int = 4, keys: Sequence[bytes] = ()
) -> Store:
    """Open the store, making or migrating it first. Raises StoreRefused where that can't or mustn't be.

    `connections` is how many a PostgreSQL server is asked for. `keys` are the one that bodies are encrypted
    with and those that they were before; without any they are stored as they are.
    """
    store = await _opened(target, may_migrate, connections)
    keyring = Keyring(keys) if keys else None
    try:
        await check_keys(store, keyring, _named(target), round(time.time() * 1000))
    except BaseException:
        await store.close()
        raise
    return sealed(store, keyring) if keyring else store


async def _opened(target: Path | str, may_migrate: bool, connections: int) -> Store:
    if isinstance(target, Path):
        return await sqlite.SqliteStore.open(target, may_migrate)
    _need_driver()
    from gateway.store import postgres

    return await postgres.PostgresStore.open(target, may_migrate, connections)


def _named(target: Path | str) -> str:
    """A store as messages name it, without a password."""
    return str(target) if isinstance(target, Path) else f"{target.rpartition('@')[2].partition('?')[0]}"


def prepare(target: Path | str, may_migrate: bool = True) -> list[str]:
    """Make or migrate the store. Returns the migrations that ran. Raises StoreError."""
    if isinstance(target, Path):
        return sqlite.prepare(target, may_migrate)
    _need_driver()
    from gateway.store import postgres

    return postgres.prepare(target, may_migrate)


def plan(target: Path | str) -> Sequence[Planned]:
    """The migrations that the store lacks, in order; nothing is changed. Raises StoreError."""
    if isinstance(target, Path):
        return sqlite.plan(target)
    _need_driver()
    from gateway.store import postgres

    return postgres.plan(target)


def exists(target: Path | str) -> bool:
    """Whether there is a store yet; of a server's database this can't be told without asking it."""
    return not isinstance(target, Path) or (target.is_file() and target.stat().st_size > 0)


def _need_driver() -> None:
    """Raises StoreRefused where PostgreSQL's driver, which only such a store needs, is not installed."""
    if find_spec("asyncpg") is None:
        raise StoreRefused(
            "store.url names a PostgreSQL database, whose driver is not installed; "
            "run: pip install 'webhook-gateway[postgres]'"
        )


@contextlib.asynccontextmanager
async def open_copy(path: Path, url: str) -> AsyncIterator[tuple[Source, Target]]:
    """The SQLite file at `path` and the PostgreSQL database of `url`, made ready, for `copying.copy`.

    Raises StoreError where one of them can't be used.
    """
    _need_driver()
    from gateway.store.postgres.importing import Import
    from gateway.store.postgres.schema import migrate
    from gateway.store.sqlite.export import Export

    await asyncio.to_thread(sqlite.prepare, path)
    await migrate(url)
    source, target = Export(path), Import(url)
    try:
        yield source, target
    finally:
        source.close()
        await target.close()
