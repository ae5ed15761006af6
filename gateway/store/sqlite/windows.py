"""Deliveries that wait for others: written with their events, in the same transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import astuple

import orjson

from gateway.store.records import Candidate
from gateway.store.rows import HELD
from gateway.store.statements import load
from gateway.store.windows import Slot, Window, gather, rows, slots

SQL = load("gateway.store.sqlite", "windows.sql")


def make_gathered(db: sqlite3.Connection, fresh: Sequence[Candidate]) -> None:
    """Make the deliveries of those subscriptions that debounce or batch."""
    asked = slots(fresh)
    if not asked:
        return
    found = gather(fresh, _open(db, asked))
    db.executemany(SQL["insert_gathered"], rows(found.made, HELD))
    for delivery_id, now, reason in found.debounced:
        db.execute(SQL["give_way"], {"delivery_id": delivery_id, "now": now, "reason": reason})
    for delivery_id, (_, due_at) in found.due.items():
        db.execute(SQL["be_due"], {"delivery_id": delivery_id, "due_at": due_at})
    for window in found.windows.values():
        db.execute(SQL["keep_window"], astuple(window))


def purge(db: sqlite3.Connection, now: int, limit: int) -> int:
    """Remove windows that are not open any more. Returns how many."""
    return db.execute(SQL["delete_ended_windows"], {"now": now, "limit": limit}).rowcount


def _open(db: sqlite3.Connection, asked: Sequence[Slot]) -> dict[Slot, Window]:
    found = db.execute(SQL["open_windows"], {"slots": orjson.dumps(asked).decode()})
    return {(row[0], row[1]): Window(*row) for row in found}
