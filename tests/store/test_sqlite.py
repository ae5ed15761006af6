"""What only the SQLite store has: group commit, settings, migrations, and a connection that heals."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.store import StoreRefused, StoreUnavailable, open_store, prepare
from gateway.store.records import Attempt, Query, Settlement
from gateway.store.retention import Retention
from gateway.store.sqlite.connection import connect, translate
from gateway.store.sqlite.schema import known
from gateway.store.sqlite.writer import MANY, Writer
from gateway.store.statements import load
from tests.contract.conftest import HOUR, NOW, candidate

pytestmark = pytest.mark.anyio


@pytest.fixture
async def writer(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Writer]:
    """A writer on a file of its own."""
    made = Writer(tmp_path / "gateway.db")
    yield made
    await made.close()


def numbers(db: sqlite3.Connection, items: Sequence[int]) -> list[int]:
    """An operation that writes each item."""
    db.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY)")
    db.executemany("INSERT INTO t VALUES (?)", [(n,) for n in items])
    return [n * 10 for n in items]


async def test_what_waits_at_the_same_time_shares_a_transaction(writer: Writer) -> None:
    groups: list[int] = []

    def grouped(db: sqlite3.Connection, items: Sequence[int]) -> list[int]:
        groups.append(len(items))
        return numbers(db, items)

    results = await asyncio.gather(*(writer.write(grouped, n) for n in range(500)))
    assert results == [n * 10 for n in range(500)]
    assert sum(groups) == 500 and len(groups) < 50


async def test_an_answer_comes_after_the_commit(writer: Writer, tmp_path: Path) -> None:
    await writer.write(numbers, 7)
    with sqlite3.connect(tmp_path / "gateway.db") as other:
        assert other.execute("SELECT n FROM t").fetchall() == [(7,)]
    other.close()


async def test_one_write_at_fault_takes_no_other_with_it(writer: Writer) -> None:
    await writer.write(numbers, 1)
    results = await asyncio.gather(*(writer.write(numbers, n) for n in (1, 2, 3)), return_exceptions=True)
    assert isinstance(results[0], StoreUnavailable)
    assert results[1:] == [20, 30]


async def test_an_operation_that_raises_fails_alone(writer: Writer) -> None:
    def broken(db: sqlite3.Connection, items: Sequence[int]) -> list[int]:
        raise ValueError("broken")

    results = await asyncio.gather(
        writer.write(broken, 1), *(writer.write(numbers, n) for n in (1, 2)), return_exceptions=True
    )
    assert isinstance(results[0], ValueError)
    assert results[1:] == [10, 20]


def asking(before_commit: Callable[[], bool]) -> Callable[[sqlite3.Connection, Sequence[int]], list[int]]:
    """As `numbers`; its COMMIT is asked for, and made only where that says so."""

    def authorize(action: int, argument: str | None, *_: object) -> int:
        is_commit = action == sqlite3.SQLITE_TRANSACTION and argument == "COMMIT"
        return sqlite3.SQLITE_DENY if is_commit and not before_commit() else sqlite3.SQLITE_OK

    def operation(db: sqlite3.Connection, items: Sequence[int]) -> list[int]:
        db.set_authorizer(authorize)
        return numbers(db, items)

    return operation


async def test_answers_are_prepared_before_the_commit_has_ended(tmp_path: Path) -> None:
    prepared, count = threading.Semaphore(0), 3 * MANY
    operation = asking(lambda: all(prepared.acquire(timeout=20) for _ in range(count)))
    writer = Writer(tmp_path / "gateway.db", quick=[operation])
    await writer.write(numbers, 100)
    asked = [writer.write_preparing(operation, n, lambda _: prepared.release()) for n in range(count)]
    assert await asyncio.gather(*asked) == [None] * count
    await writer.close()


async def test_what_was_prepared_is_not_told_where_the_commit_fails(tmp_path: Path) -> None:
    operation = asking(lambda: False)
    writer = Writer(tmp_path / "gateway.db", quick=[operation])
    await writer.write(numbers, 100)
    asked = [writer.write_preparing(operation, n, str) for n in range(3 * MANY)]
    assert {type(each) for each in await asyncio.gather(*asked, return_exceptions=True)} == {StoreUnavailable}
    assert await writer.write(numbers, 1) == 10
    await writer.close()


async def test_a_lost_connection_is_replaced(writer: Writer) -> None:
    def lost(db: sqlite3.Connection, items: Sequence[int]) -> list[int]:
        raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(StoreUnavailable, match="free some space"):
        await writer.write(lost, 1)
    assert await writer.write(numbers, 1) == 10


async def test_a_closed_writer_says_so(writer: Writer) -> None:
    await writer.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await writer.write(numbers, 1)


async def test_what_waits_when_it_closes_is_still_written(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "gateway.db")
    waiting = [asyncio.ensure_future(writer.write(numbers, n)) for n in range(100)]
    await asyncio.sleep(0)
    await writer.close()
    assert await asyncio.gather(*waiting) == [n * 10 for n in range(100)]


def test_every_commit_reaches_the_disk(tmp_path: Path) -> None:
    db = connect(tmp_path / "gateway.db")
    settings = {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")}
    db.close()
    assert settings == {"synchronous": 2, "journal_mode": "wal"}


def test_a_new_file_is_for_its_user_alone(tmp_path: Path) -> None:
    prepare(tmp_path / "data" / "gateway.db")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "data" / "gateway.db").stat().st_mode & 0o777 == 0o600


def test_migrations_run_once(tmp_path: Path) -> None:
    assert prepare(tmp_path / "gateway.db") == known()
    assert prepare(tmp_path / "gateway.db") == []


def test_an_older_file_is_not_changed_by_who_may_not(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "gateway.db").close()
    with pytest.raises(StoreRefused, match="older gateway .it lacks m001_initial, m002_"):
        prepare(tmp_path / "gateway.db", may_migrate=False)
    prepare(tmp_path / "gateway.db")
    assert prepare(tmp_path / "gateway.db", may_migrate=False) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreRefused, match="can't be made"):
        prepare(tmp_path / "file" / "gateway.db")


async def test_a_store_is_read_while_it_is_written(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "gateway.db")
    writes = [store.accept([candidate(f"evt_{n}")]) for n in range(200)]
    reads = [store.events(Query(limit=10)) for _ in range(20)]
    await asyncio.gather(*writes, *reads)
    await store.close()


async def test_erasing_an_event_leaves_no_row_but_its_key(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "gateway.db")
    [outcome] = await store.accept([replace(candidate(), subscriptions=("app",))])
    [claimed] = (await store.claim({"app": 1}, {"app": 1000}, NOW, "w")).claimed
    attempt = Attempt(claimed.delivery.delivery_id, 1, NOW, 5, 200)
    told = candidate(claimed.delivery.delivery_id, source="gateway", name="gateway/delivery.failed", key="x")
    await store.settle(Settlement(attempt, "dead", NOW, 0, NOW, emit=(replace(told, key=None),)))
    await store.erase(outcome.event_id)
    await store.close()
    with sqlite3.connect(tmp_path / "gateway.db") as db:
        tables = ("events", "deliveries", "attempts", "requests", "dedupe_keys")
        counts = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
    db.close()
    assert counts == {"events": 0, "deliveries": 0, "attempts": 0, "requests": 0, "dedupe_keys": 1}


async def test_a_purge_takes_no_more_events_than_its_limit(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "gateway.db")
    await store.accept([candidate(f"e{n}", at=NOW - HOUR) for n in range(5)])
    assert (await store.purge(Retention(NOW, NOW, NOW, NOW), limit=2)).events == 2
    await store.close()


# what SQLite says -> the store's error, and the way out it names
ERRORS = [
    ("database is locked", StoreUnavailable, "another process"),  # a backup or a command
    ("database or disk is full", StoreUnavailable, "free some space"),  # full
    ("disk I/O error", StoreUnavailable, "free some space"),  # failing
    ("unable to open database file", StoreUnavailable, "folder exists"),  # gone
    ("database disk image is malformed", StoreRefused, "backup"),  # damaged
    ("file is not a database", StoreRefused, "backup"),  # something else
    ("no such table: x", StoreUnavailable, "no such table"),  # anything else, as it is
]


@pytest.mark.parametrize(("says", "kind", "way_out"), ERRORS)
def test_errors_name_the_file_and_the_way_out(says: str, kind: type[Exception], way_out: str) -> None:
    error = translate(sqlite3.OperationalError(says), Path("/x/gateway.db"))
    assert isinstance(error, kind)
    assert "/x/gateway.db" in str(error) and way_out in str(error)


def test_statements_are_found_by_name() -> None:
    assert load("gateway.store.sqlite", "writes.sql")["heartbeat"].startswith("INSERT INTO heartbeat")
