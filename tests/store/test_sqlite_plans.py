"""How SQLite goes about each statement that looks: no table that grows is read from end to end."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store.sqlite.connection import connect
from gateway.store.sqlite.schema import prepare
from gateway.store.statements import load

FILES = ["audit.sql", "event_types.sql", "health.sql", "rates.sql", "reads.sql", "searching.sql", "tail.sql",
         "watch.sql"]  # fmt: skip
"""Where the statements stand that pages, the API and the command line ask."""

GROWING = {"answers", "attempts", "audit", "dedupe_keys", "deliveries", "duplicates", "events", "handed",
           "requests", "steps", "verdicts", "waits"}  # fmt: skip
"""Tables that grow with what comes. Of rejections the last thousand of a source are kept."""

BOUNDED = {
    ("rates.sql: times", "deliveries"): "by place, from the newest on, and LIMIT ends it",
    ("reads.sql: waiting", "deliveries"): "an index of those alone that wait",
    ("reads.sql: backlog", "deliveries"): "an index of those alone that wait",
    ("tail.sql: forget_handed", "handed"): "the last few that each listener was handed",
}
"""Scans that end early, and why."""

STATEMENTS = {
    f"{file}: {name}": sql for file in FILES for name, sql in load("gateway.store.sqlite", file).items()
}


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """The tables and indexes of an empty store."""
    file: Path = tmp_path_factory.mktemp("plans") / "gateway.db"
    prepare(file)
    connection = connect(file)
    yield connection
    connection.close()


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_reads_a_table_that_grows_from_end_to_end(db: sqlite3.Connection, name: str) -> None:
    scans = {table for table in scanned(db, STATEMENTS[name]) if table in GROWING}
    assert scans == {table for statement, table in BOUNDED if statement == name}


def test_a_scan_is_seen(db: sqlite3.Connection) -> None:
    assert list(scanned(db, "SELECT * FROM events AS e WHERE e.name = :name")) == ["events"]


def scanned(db: sqlite3.Connection, statement: str) -> Iterator[str]:
    """The tables that a statement reads from end to end."""
    values: object = dict.fromkeys(re.findall(r":(\w+)", statement)) or (None,) * statement.count("?")
    aliases = {alias: table for table, alias in re.findall(r"\b(\w+) AS (\w+)", statement)}
    for row in db.execute(f"EXPLAIN QUERY PLAN {statement}", values):
        if found := re.match(r"SCAN (\w+)", row["detail"]):
            yield aliases.get(found[1], found[1])
