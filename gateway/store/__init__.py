"""Where events, dedupe keys and deliveries live: one contract, one engine a module."""

from __future__ import annotations

from pathlib import Path

from gateway.store.contract import Store, StoreError, StoreRefused, StoreUnavailable
from gateway.store.sqlite import SqliteStore, prepare

__all__ = ["Store", "StoreError", "StoreRefused", "StoreUnavailable", "open_store", "prepare"]


async def open_store(path: Path, may_migrate: bool = True) -> Store:
    """Open the store, making or migrating it first. Raises StoreRefused where that can't or mustn't be."""
    return await SqliteStore.open(path, may_migrate)
