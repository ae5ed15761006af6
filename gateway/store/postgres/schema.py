"""The tables, made and changed by numbered files: forward only, under a lock, safe while older nodes run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.resources import files

from gateway.store.contract import Planned
from gateway.store.errors import StoreRefused
from gateway.store.postgres.days import add_days_ahead
from gateway.store.postgres.errors import address, translate
from gateway.store.postgres.session import Session
from gateway.store.statements import load

PACKAGE = "gateway.store.postgres"
COMPATIBLE = "-- compatible: yes\n"
"""How the file of a migration begins that nodes of the release before can go on working with."""


def known() -> list[Planned]:
    """Every migration of this version, in order."""
    names = sorted(file.name for file in files(PACKAGE).iterdir() if file.name.startswith("m"))
    return [_read(name) for name in names if name.endswith(".sql")]


def prepare(url: str, may_migrate: bool = True) -> list[str]:
    """Make the tables in the database of `url`, or migrate them. Returns the migrations that ran.

    Raises StoreRefused where that mustn't be or a newer version has been at work, StoreUnavailable where
    the server can't be reached. Not for use within an event loop.
    """
    return asyncio.run(migrate(url, may_migrate))


def plan(url: str) -> list[Planned]:
    """The migrations that the database of `url` lacks, in order; nothing is changed. Raises StoreError."""
    return asyncio.run(_plan(url))


async def migrate(
    url: str, may_migrate: bool = True, migrations: Sequence[Planned] | None = None
) -> list[str]:
    """As `prepare`, within an event loop."""
    where = address(url)
    try:
        session = await Session.open(url)
        try:
            return await _migrate(session, where, may_migrate, known() if migrations is None else migrations)
        finally:
            await session.close()
    except Exception as error:
        raise translate(error, where) from error


async def _plan(url: str) -> list[Planned]:
    where = address(url)
    try:
        session = await Session.open(url)
        try:
            return await _pending(session, where, known())
        finally:
            await session.close()
    except Exception as error:
        raise translate(error, where) from error


async def _migrate(
    session: Session, where: str, may_migrate: bool, migrations: Sequence[Planned]
) -> list[str]:
    pending = await _pending(session, where, migrations)
    if pending and not may_migrate:
        names = ", ".join(migration.name for migration in pending)
        raise StoreRefused(f"{where} lacks {names}; run: gateway migrate")
    ran = [migration.name for migration in pending if await _apply(session, migration)]
    if may_migrate:
        async with session.transaction("begin_migrating"):
            await add_days_ahead(session, await session.value("now"))
    return ran


async def _pending(session: Session, where: str, migrations: Sequence[Planned]) -> list[Planned]:
    applied = await _applied(session)
    names = {migration.name for migration in migrations}
    newer = [name for name, compatible in applied.items() if name not in names and not compatible]
    if newer:
        raise StoreRefused(
            f"{where} was changed by a newer gateway (it has {', '.join(newer)}), which this version can't "
            "work with; start that version, or restore a backup from before the upgrade"
        )
    return [migration for migration in migrations if migration.name not in applied]


async def _applied(session: Session) -> dict[str, bool]:
    if not await session.value("has_migrations"):
        return {}
    return {row["name"]: row["compatible"] for row in await session.rows("migrations")}


async def _apply(session: Session, migration: Planned) -> bool:
    """Run one migration in a transaction of its own; False where another node was faster."""
    async with session.transaction("begin_migrating"):
        await session.value("lock_migrations")
        applied = await _applied(session)
        if not applied and not await session.value("has_migrations"):
            await session.run_named("create_migrations")
        if migration.name in applied:
            return False
        for statement in migration.statements:
            await session.run(statement)
        await session.value("record_migration", migration.name, migration.compatible)
    return True


def _read(file: str) -> Planned:
    text = (files(PACKAGE) / file).read_text(encoding="utf-8")
    statements = tuple(load(PACKAGE, file).values())
    return Planned(file.removesuffix(".sql"), statements, text.startswith(COMPATIBLE))
