"""What goes when: small deletes, each a short transaction, so that ingest never waits long."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import orjson

from gateway.event import first_id
from gateway.store.retention import Purged, Retention
from gateway.store.sqlite import windows
from gateway.store.sqlite.accept import SQL
from gateway.store.sqlite.steps import SQL as STEPS
from gateway.store.sqlite.waits import SQL as WAITS


def purge(db: sqlite3.Connection, asked: Sequence[tuple[Retention, int]]) -> list[Purged]:
    """Remove up to `limit` rows of each kind that (retention, limit) lets go."""
    return [_purge(db, retention, limit) for retention, limit in asked]


def _purge(db: sqlite3.Connection, retention: Retention, limit: int) -> Purged:
    found = db.execute(SQL["purgeable_events"], {"before": first_id(retention.events_before), "limit": limit})
    event_ids = [row[0] for row in found.fetchall()]
    duplicates = {"before": retention.duplicates_before, "limit": limit}
    rejections = {"before": retention.rejections_before, "limit": limit}
    return Purged(
        events=_delete_events(db, event_ids),
        duplicates=db.execute(SQL["delete_old_duplicates"], duplicates).rowcount,
        rejections=db.execute(SQL["delete_old_rejections"], rejections).rowcount,
        keys=db.execute(SQL["delete_ended_keys"], {"now": retention.now, "limit": limit}).rowcount,
        windows=windows.purge(db, retention.now, limit),
    )


def erase(db: sqlite3.Connection, event_ids: Sequence[str]) -> list[bool]:
    """Remove single events with all that belongs to them, duplicates included; their keys stay.

    The system events of their deliveries hold them whole, so these go too.
    """
    return [_erase(db, event_id) for event_id in event_ids]


def _erase(db: sqlite3.Connection, event_id: str) -> bool:
    told = [row[0] for row in db.execute(SQL["told_of"], {"event_id": event_id}).fetchall()]
    db.execute(SQL["delete_duplicates_of"], {"event_ids": orjson.dumps([event_id]).decode()})
    _delete_events(db, told)
    return _delete_events(db, [event_id]) == 1


def _delete_events(db: sqlite3.Connection, event_ids: Sequence[str]) -> int:
    if not event_ids:
        return 0
    ids = {"event_ids": orjson.dumps(list(event_ids)).decode()}
    request_ids = [row[0] for row in db.execute(SQL["request_ids_of"], ids).fetchall()]
    db.execute(SQL["delete_attempts_of"], ids)
    db.execute(SQL["delete_deliveries_of"], ids)
    db.execute(SQL["delete_verdicts_of"], ids)
    db.execute(STEPS["delete_steps_of"], ids)
    db.execute(WAITS["delete_waits_of"], ids)
    deleted = db.execute(SQL["delete_events"], ids).rowcount
    if request_ids:
        db.execute(SQL["delete_unused_requests"], {"request_ids": orjson.dumps(request_ids).decode()})
    return deleted
