"""100,000 open waits do not change what ingest looks at: counted in steps and rows, not in time."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.event import first_id
from gateway.store import prepare
from gateway.store.postgres.days import Day
from gateway.store.postgres.session import SQL as POSTGRES
from gateway.store.sqlite import waits
from gateway.store.sqlite.connection import connect
from tests.contract.conftest import NOW, candidate

MANY = 100_000
NAME = "shop/order.paid"
COLUMNS = """
    is_pattern, ends, topic, patterns, delivery_id, step, event_id, subscription, match, path, opened_at,
    key, until
"""

FILL_SQLITE = f"""
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
INSERT INTO waits ({COLUMNS})
SELECT 0, 0, '{NAME}', '{NAME}', 'd' || n, '', 'e', 'app', 'm', '["data","order"]', 1, n || '.0', n
FROM n
"""
FILL_POSTGRES = f"""
INSERT INTO waits ({COLUMNS})
SELECT false, false, '{NAME}', '{NAME}', 'd' || n, '', 'e', 'app', 'm', '["data","order"]', 1, n || '.0', n
FROM generate_series(1, %s) AS n
"""


def steps(db: sqlite3.Connection, name: str) -> int:
    """Instructions of SQLite's machine that noting the arrival of one event takes."""
    counted = 0

    def count() -> None:
        nonlocal counted
        counted += 1

    made = candidate("e1", name=name)
    db.execute("BEGIN")
    db.set_progress_handler(count, 1)
    waits.note_arrivals(db, [made])
    db.set_progress_handler(None, 0)
    db.execute("ROLLBACK")
    return counted


@pytest.mark.parametrize("name", ["shop/order.paid", "shop/other"])
def test_sqlite_takes_as_many_steps_for_one_as_for_many(tmp_path: Path, name: str) -> None:
    prepare(tmp_path / "gateway.db")
    db = connect(tmp_path / "gateway.db")
    none = steps(db, name)
    db.execute(FILL_SQLITE, (1,))
    one = steps(db, name)
    db.execute(FILL_SQLITE.replace("SELECT 1 UNION", "SELECT 2 UNION"), (MANY,))
    assert db.execute("SELECT count(*) FROM waits").fetchone()[0] == MANY
    assert steps(db, name) == one and none < 20
    db.close()


def rows_of_waits(plan: dict[str, Any]) -> int:
    """How many rows of `waits` a plan that was carried out has read."""
    own = 0
    if plan.get("Relation Name") == "waits":
        removed = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        own = round((plan["Actual Rows"] + removed) * plan["Actual Loops"])
    return own + sum(rows_of_waits(part) for part in plan.get("Plans", []))


ONE = ", ".join(
    f"'{{{value}}}'"
    for value in (
        first_id(NOW), "e", "shop/order.paid", "api", 1, "NULL", 1, '"{}"', "NULL", "NULL", "NULL", "NULL",
        "NULL", '"{}"',
    )
)  # fmt: skip
"""The columns of one event, as the statement takes them."""


@pytest.mark.parametrize("is_analyzed", [False, True], ids=["no statistics", "statistics"])
def test_postgres_reads_one_row_of_many(database: str, is_analyzed: bool) -> None:
    with psycopg.connect(database, autocommit=True) as db:
        db.execute(FILL_POSTGRES, [MANY])
        if is_analyzed:
            db.execute("ANALYZE waits")
        day = Day.of(NOW)
        with db.transaction(force_rollback=True):
            db.execute("SET LOCAL plan_cache_mode = force_custom_plan")
            db.execute("SELECT add_day(%s, %s, %s)", [day.name, day.low, day.high])
            db.execute(f"PREPARE store AS {POSTGRES['insert_events']}")
            explained = db.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE store ({ONE})").fetchone()
            assert explained is not None and rows_of_waits(explained[0][0]["Plan"]) == 1
            assert db.execute("SELECT count(*) FROM arrivals").fetchone() == (1,)
