"""Steps of runs: kept by the attempt that holds the lease, the first of a key for ever."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from gateway.store.sqlite.accept import accept
from gateway.store.sqlite.connection import Read
from gateway.store.sqlite.writer import Writer
from gateway.store.statements import load
from gateway.store.steps import NewStep, Step, sent

SQL = load("gateway.store.sqlite", "steps.sql")


class SqliteSteps:
    """The steps of one file; see `gateway.store.steps.Steps`."""

    def __init__(self, writer: Writer, read: Read) -> None:
        self._writer = writer
        self._read = read

    async def of(self, event_id: str, run_id: str) -> Sequence[Step]:
        asked = {"event_id": event_id, "run_id": run_id}
        found: list[Step] = await self._read(
            lambda db: [Step(**dict(row)) for row in db.execute(SQL["steps_of"], asked)]
        )
        return found

    async def keep(self, new: NewStep) -> str | None:
        return await self._writer.write(keep, new)


def keep(db: sqlite3.Connection, asked: Sequence[NewStep]) -> list[str | None]:
    """Keep steps; None for one whose attempt holds the lease no more."""
    return [_keep(db, new) for new in asked]


def _keep(db: sqlite3.Connection, new: NewStep) -> str | None:
    values = {
        "event_id": new.event_id,
        "run_id": new.run_id,
        "attempt": new.attempt,
        "key": new.key,
        "now": new.now,
    }
    if not db.execute(SQL["is_held"], values).fetchone()[0]:
        return None
    kept = db.execute(SQL["step"], values).fetchone()
    if kept is not None:
        return str(kept[0])
    result = sent(new.send, accept(db, [new.send])[0]) if new.send else new.result
    db.execute(SQL["keep_step"], values | {"result": result})
    return result
