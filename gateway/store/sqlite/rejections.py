"""Rejections: every one is counted, the last few of each source are kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from gateway.store import values
from gateway.store.rejections import Rejection
from gateway.store.sqlite.accept import SQL


def reject(db: sqlite3.Connection, rejections: Sequence[Rejection]) -> list[None]:
    """Count and keep refused requests, then trim each source to its bound."""
    db.executemany(SQL["insert_rejection"], [values.rejection(rejection) for rejection in rejections])
    for rejection in rejections:
        counted = {"source": rejection.source, "reason": rejection.reason, "at": rejection.received_at}
        db.execute(SQL["count_rejection"], counted)
    for source, keep in {rejection.source: rejection.keep for rejection in rejections}.items():
        db.execute(SQL["trim_rejections"], {"source": source, "keep": keep})
    return [None] * len(rejections)


def mark_released(db: sqlite3.Connection, asked: Sequence[tuple[str, int]]) -> list[None]:
    """Note that (rejection_id) went in at `now`."""
    for rejection_id, now in asked:
        db.execute(SQL["release_rejection"], {"rejection_id": rejection_id, "now": now})
    return [None] * len(asked)


def heartbeat(db: sqlite3.Connection, moments: Sequence[int]) -> list[None]:
    """Commit the latest of `moments`, to prove that a commit can be done."""
    db.execute(SQL["heartbeat"], {"now": max(moments)})
    return [None] * len(moments)
