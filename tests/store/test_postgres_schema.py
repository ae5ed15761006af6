"""Migrations of the PostgreSQL store: once, by one node, and safe while older nodes run."""

from __future__ import annotations

import asyncio
import sys

import psycopg
import pytest

from gateway.store import Planned, StoreRefused, open_store, plan, prepare
from gateway.store.postgres import PostgresStore
from gateway.store.postgres.schema import known, migrate
from gateway.store.records import Query
from gateway.store.rejections import Rejection
from tests.contract.conftest import NOW, candidate
from tests.store.conftest import Open

pytestmark = pytest.mark.anyio

TABLES = ("events", "deliveries", "attempts", "duplicates", "rejections", "rejection_counts", "paused")
ADDED = tuple(f"ALTER TABLE {table} ADD COLUMN extra text" for table in TABLES)


def test_migrations_run_once_and_are_told(empty_database: str) -> None:
    names = [migration.name for migration in known()]
    assert prepare(empty_database) == names
    assert prepare(empty_database) == []
    assert prepare(empty_database, may_migrate=False) == []


def test_a_plan_shows_the_statements_and_changes_nothing(empty_database: str) -> None:
    for _ in range(2):
        [first, *_] = plan(empty_database)
        assert (first.name, first.compatible) == ("m001_initial", True)
        assert any(statement.startswith("CREATE TABLE deliveries") for statement in first.statements)
    prepare(empty_database)
    assert plan(empty_database) == []


def test_an_older_database_is_not_changed_by_who_may_not(empty_database: str) -> None:
    with pytest.raises(StoreRefused, match="lacks m001_initial, .*; run: gateway migrate"):
        prepare(empty_database, may_migrate=False)
    assert len(plan(empty_database)) == len(known())


async def test_of_nodes_that_start_together_one_runs_each_migration(empty_database: str) -> None:
    ran = await asyncio.gather(*(migrate(empty_database) for _ in range(4)))
    assert sorted(name for each in ran for name in each) == [migration.name for migration in known()]


async def test_a_migration_that_fails_leaves_nothing(empty_database: str) -> None:
    broken = Planned("m002_broken", ("CREATE TABLE half (n int)", "SELECT nonsense"), True)
    with pytest.raises(Exception, match="nonsense"):
        await migrate(empty_database, migrations=[*known(), broken])
    with psycopg.connect(empty_database) as db:
        found = db.execute("SELECT to_regclass('half')::text, to_regclass('events')::text").fetchone()
    assert found == (None, "events")
    assert await migrate(empty_database) == []


async def every_operation(store: PostgresStore, number: int) -> None:
    """What an old node does all day."""
    await store.accept([candidate(f"e{number}", to=("app",)), candidate(f"e{number}")])
    await store.reject(Rejection(f"r{number}", "s", "bad", "d", NOW, "", "POST", "u", "[]", 1, "aa"))
    await store.pause(f"p{number}", "by hand", NOW)
    [event, *_] = await store.events(Query())
    assert event.event.id == f"e{number}"
    [delivery, *_] = await store.deliveries(Query())
    assert delivery.id == f"e{number}"
    assert len(await store.duplicates(Query())) == len(await store.rejections(Query())) == number
    assert len(await store.rejection_counts()) == 1
    assert len(await store.paused()) == number


async def test_an_old_node_works_on_beside_a_new_one(opening: Open, empty_database: str) -> None:
    old = await opening(empty_database, connections=1, clock="caller")
    await every_operation(old, 1)
    newer = Planned("m002_more", ADDED, compatible=True)
    assert await migrate(empty_database, migrations=[*known(), newer]) == ["m002_more"]
    await every_operation(old, 2)
    restarted = await opening(empty_database, clock="caller")
    await every_operation(restarted, 3)


async def test_an_old_node_does_not_start_on_what_it_cannot_work_with(empty_database: str) -> None:
    newer = Planned("m002_other", (), compatible=False)
    await migrate(empty_database, migrations=[*known(), newer])
    with pytest.raises(StoreRefused, match="newer gateway .it has m002_other"):
        await open_store(empty_database)


async def test_two_schemas_of_one_database_are_two_stores(opening: Open, empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as db:
        db.execute("CREATE SCHEMA a")
        db.execute("CREATE SCHEMA b")
    url = empty_database + ("&" if "?" in empty_database else "?")
    one, other = await opening(f"{url}search_path=a"), await opening(f"{url}search_path=b")
    await one.accept([candidate("e")])
    assert [len(await store.events(Query())) for store in (one, other)] == [1, 0]


def test_without_the_driver_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(StoreRefused, match=r"pip install 'webhook-gateway\[postgres\]'"):
        prepare("postgresql://localhost/gateway")
