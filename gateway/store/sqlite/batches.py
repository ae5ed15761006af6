"""Batches: what goes with the delivery that leads one."""

from __future__ import annotations

import sqlite3

from gateway.store import rows
from gateway.store.batches import Batch
from gateway.store.records import Settlement
from gateway.store.sqlite.connection import Read
from gateway.store.sqlite.windows import SQL


class SqliteBatches:
    """The batches of one SQLite file."""

    def __init__(self, read: Read) -> None:
        self._read = read

    async def of(self, delivery_id: str) -> Batch:
        return await self._read(lambda db: _of(db, delivery_id))


def _of(db: sqlite3.Connection, delivery_id: str) -> Batch:
    found = db.execute(SQL["batch_of"], {"delivery_id": delivery_id}).fetchone()
    if found is None or found[0] is None:
        return Batch(None)
    asked = {"batch_id": found[0], "delivery_id": delivery_id}
    return Batch(found[0], [rows.claimed(row) for row in db.execute(SQL["others_of_batch"], asked)])


def can_settle(db: sqlite3.Connection, settlement: Settlement) -> bool:
    """Whether the attempt's lease is still there."""
    asked = {"delivery_id": settlement.attempt.delivery_id, "number": settlement.attempt.number}
    return bool(db.execute(SQL["is_attempted"], asked).fetchone()[0])


def settle_other(db: sqlite3.Connection, settlement: Settlement) -> bool:
    """Write what becomes of one that another leads. False, and no change, where it has ended meanwhile."""
    values = {
        "delivery_id": settlement.attempt.delivery_id,
        "number": settlement.attempt.number,
        "state": settlement.state,
        "due_at": settlement.due_at,
        "retries": settlement.retries,
        "now": settlement.now,
        "status": settlement.attempt.status,
        "error": settlement.attempt.error,
    }
    return db.execute(SQL["settle_other"], values).rowcount == 1
