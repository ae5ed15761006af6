"""The tables, made and changed through sqlite-utils: versioned, forward only, run at every start."""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from pathlib import Path

import sqlite_utils
from sqlite_utils.migrations import Migrations

from gateway.store.contract import Planned
from gateway.store.errors import StoreRefused
from gateway.store.sqlite.connection import connect, translated
from gateway.store.statements import load

migrations = Migrations("gateway")


@migrations()
def m001_initial(db: sqlite_utils.Database) -> None:
    """Events with their duplicates, rejections, deliveries and attempts."""
    _run("m001_initial.sql", db)


@migrations()
def m002_order_and_verdicts(db: sqlite_utils.Database) -> None:
    """Order keys, what is held for them, and verdicts."""
    for statement in load(__package__, "m002_order_and_verdicts.sql").values():
        db.execute(statement)


@migrations()
def m003_ack(db: sqlite_utils.Database) -> None:
    """Answers that a provider waits for, sources that are watched."""
    _run("m003_ack.sql", db)


@migrations()
def m006_dashboard(db: sqlite_utils.Database) -> None:
    """Indexes by which people find a source's events and the dead letters."""
    _run("m006_dashboard.sql", db)


@migrations()
def m009_backfills(db: sqlite_utils.Database) -> None:
    """How far the backfill of each source got, and until when somebody is at it."""
    db.execute((files(__package__) / "m009_backfills.sql").read_text(encoding="utf-8"))


@migrations()
def m010_steps(db: sqlite_utils.Database) -> None:
    """What runs of functions have finished."""
    _run("m010_steps.sql", db)


@migrations()
def m011_waits(db: sqlite_utils.Database) -> None:
    """Deliveries that wait for another event, and the events that may be it."""
    for statement in load(__package__, "m011_waits.sql").values():
        db.execute(statement)


@migrations()
def m012_flow(db: sqlite_utils.Database) -> None:
    """How subscriptions fare."""
    _run("m012_flow.sql", db)


@migrations()
def m014_windows(db: sqlite_utils.Database) -> None:
    """Deliveries that wait for others: windows, and what the deliveries of a batch have in common."""
    for statement in load(__package__, "m014_windows.sql").values():
        db.execute(statement)


@migrations()
def m016_audit_and_listeners(db: sqlite_utils.Database) -> None:
    """Who did what; who follows events under a name, and what they were handed."""
    _run("m016_audit_and_listeners.sql", db)


@migrations()
def m017_encryption(db: sqlite_utils.Database) -> None:
    """The ids of the keys that bodies may be encrypted with."""
    _run("m017_encryption.sql", db)


@migrations()
def m018_changed_copies(db: sqlite_utils.Database) -> None:
    """What a copy brought whose body differs from the first event's."""
    _run("m018_changed_copies.sql", db)


def _run(file: str, db: sqlite_utils.Database) -> None:
    for statement in (files(__package__) / file).read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            db.execute(statement)


def migrate(connection: sqlite3.Connection, path: str, may_migrate: bool = True) -> list[str]:
    """Bring the file up to this version's schema. Returns the names of the migrations that ran.

    Raises StoreRefused where a newer version has been at work on the file, or where it would have to be
    changed and must not: a command may not do so under a gateway that runs.
    """
    pending = lacking(connection, path)
    if pending and not may_migrate:
        raise StoreRefused(
            f"{path} was written by an older gateway (it lacks {', '.join(pending)}); "
            "start this version once with: gateway serve"
        )
    if pending:
        migrations.apply(sqlite_utils.Database(connection, execute_plugins=False))
    return pending


def lacking(connection: sqlite3.Connection, path: str) -> list[str]:
    """The names of the migrations that the file lacks. Raises StoreRefused where it has one too many."""
    db = sqlite_utils.Database(connection, execute_plugins=False)
    newer = [applied.name for applied in migrations.applied(db) if applied.name not in known()]
    if newer:
        raise StoreRefused(
            f"{path} was written by a newer gateway (it has {', '.join(newer)}); "
            "start that version, or restore a backup from before the upgrade"
        )
    return [migration.name for migration in migrations.pending(db)]


def known() -> list[str]:
    """The names of all migrations: in an empty database each of them is pending."""
    empty = sqlite_utils.Database(memory=True)
    try:
        return [migration.name for migration in migrations.pending(empty)]
    finally:
        empty.close()


def plan(path: Path) -> list[Planned]:
    """The migrations that the file at `path` lacks, all of them where there is none. Raises StoreError."""
    if not path.is_file():
        return [Planned(name, (), False) for name in known()]
    db = connect(path)
    try:
        with translated(path):
            return [Planned(name, (), False) for name in lacking(db, str(path))]
    finally:
        db.close()


def prepare(path: Path, may_migrate: bool = True) -> list[str]:
    """Make the file at `path`, for this user only, or migrate it. Returns the migrations that ran.

    Raises StoreError.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise StoreRefused(f"{path}: {error.strerror}; the store can't be made there") from error
    db = connect(path)
    try:
        with translated(path):
            return migrate(db, str(path), may_migrate)
    finally:
        db.close()
