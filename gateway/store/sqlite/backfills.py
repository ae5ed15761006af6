"""Backfills: who is at one, and how far it got."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from gateway.store.places import Place
from gateway.store.sqlite.accept import SQL


def begin(db: sqlite3.Connection, asked: Sequence[tuple[Place, int, int]]) -> list[Place | None]:
    """Take (place) at `now` until `until`; None where somebody else has it."""
    return [_begin(db, place, now, until) for place, now, until in asked]


def _begin(db: sqlite3.Connection, place: Place, now: int, until: int) -> Place | None:
    values = {"source": place.source, "account": place.account, "now": now, "until": until}
    row = db.execute(SQL["begin_backfill"], values).fetchone()
    return None if row is None else Place(place.source, place.account, row[0])


def mark(db: sqlite3.Connection, asked: Sequence[tuple[Place, int]]) -> list[None]:
    """Note how far (place) is, taken until `until`."""
    for place, until in asked:
        values = {"source": place.source, "account": place.account, "cursor": place.cursor, "until": until}
        db.execute(SQL["mark_backfill"], values)
    return [None] * len(asked)
