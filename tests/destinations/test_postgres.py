"""A table of PostgreSQL, in a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from gateway.event import Event, new_id
from tests.contract.conftest import NOW, candidate
from tests.destinations.conftest import Open, claimed
from tests.postgres import PASSWORD, Server

pytestmark = pytest.mark.anyio

AT = NOW / 1000
PAGE = Path(__file__).parents[2] / "docs" / "destinations.md"
TABLE = PAGE.read_text().partition("```sql\n")[2].partition(";\n")[0].replace("webhook_events", "events")
"""What the documentation tells people to create."""


@pytest.fixture
def db(postgres: Server) -> Iterator[psycopg.Connection[dict[str, object]]]:
    """A connection to the database, in whose schema `public` there is nothing but a table `events`."""
    with psycopg.connect(postgres.url(), autocommit=True, row_factory=dict_row) as connection:
        connection.execute("drop schema public cascade; create schema public")
        connection.execute(TABLE)
        yield connection


Db = psycopg.Connection[dict[str, object]]


def table(server: Server, **more: object) -> dict[str, object]:
    return {"type": "postgres", "url": server.url(), "table": "events", "timeout": "5s", **more}


async def test_an_event_becomes_a_row(postgres: Server, db: Db, opened: Open) -> None:
    happened = candidate("evt_1", data='{"n": 1.10, "s": "it\'s"}').event
    answer = await opened(table(postgres)).deliver(claimed(event=happened), AT)
    at = datetime.fromtimestamp(AT, UTC)
    assert db.execute("select * from events").fetchall() == [
        {
            "event_id": happened.event_id,
            "id": "evt_1",
            "name": "stripe/customer.created",
            "source": "stripe",
            "ts": at,
            "v": "v1",
            "data": {"n": 1.10, "s": "it's"},
            "received_at": at,
        }
    ]
    assert (answer.status, answer.error) == (None, None)
    assert json.loads(answer.response) == {"table": "events", "row": "added"}


async def test_a_repetition_changes_nothing(postgres: Server, db: Db, opened: Open) -> None:
    destination, delivery = opened(table(postgres)), claimed()
    answers = await asyncio.gather(*(destination.deliver(delivery, AT) for _ in range(8)))
    rows = sorted(json.loads(answer.response)["row"] for answer in answers)
    assert rows == ["added"] + ["was there"] * 7
    assert db.execute("select count(*) from events").fetchone() == {"count": 1}


async def test_a_version_that_the_provider_does_not_tell_is_null(
    postgres: Server, db: Db, opened: Open
) -> None:
    without = Event(new_id(NOW), "evt_1", "a/b", "a", "{}", NOW, None, NOW)
    await opened(table(postgres)).deliver(claimed(event=without), AT)
    assert db.execute("select v from events").fetchall() == [{"v": None}]


async def test_columns_of_ones_own(postgres: Server, db: Db, opened: Open) -> None:
    db.execute('create schema "App"; create table "App"."Order" ("select" text primary key, payload json)')
    columns = {"event_id": "select", "data": "payload"}
    destination = opened(table(postgres, table="App.Order", columns=columns))
    happened = candidate(data='{"a": "\\u0000"}').event
    assert (await destination.deliver(claimed(event=happened), AT)).error is None
    found = db.execute('select "select", payload::text from "App"."Order"').fetchone()
    assert found == {"select": happened.event_id, "payload": '{"a": "\\u0000"}'}
    db.execute('drop schema "App" cascade')


# what is done to the database before -> what the error says
WRONG = [
    ("drop table events", 'relation "events" does not exist; create the table, or correct table'),
    ("alter table events drop column v", "add the column, or correct columns"),
    ("alter table events drop constraint events_pkey", "put a unique index on the column of event_id"),
    ("alter table events alter v type int using 1", "data jsonb, ts and received_at timestamptz"),
    ("alter table events alter ts type bigint using 1", "data jsonb, ts and received_at timestamptz"),
    ("alter table events add check (id <> 'evt_1')", "violates check constraint"),
]


@pytest.mark.parametrize(("change", "says"), WRONG)
async def test_a_table_that_does_not_fit(
    postgres: Server, db: Db, opened: Open, change: str, says: str
) -> None:
    db.execute(change)
    answer = await opened(table(postgres)).deliver(claimed(), AT)
    assert answer.error and says in answer.error


async def test_the_same_destination_goes_on_when_its_table_is_there(
    postgres: Server, db: Db, opened: Open
) -> None:
    db.execute("drop table events")
    destination = opened(table(postgres))
    assert (await destination.deliver(claimed(), AT)).error
    db.execute(TABLE)
    assert (await destination.deliver(claimed(), AT)).error is None


async def test_text_that_jsonb_cannot_hold(postgres: Server, db: Db, opened: Open) -> None:
    happened = candidate(data='{"a": "\\u0000"}').event
    answer = await opened(table(postgres)).deliver(claimed(event=happened), AT)
    assert answer.error and "make the column json" in answer.error


# a url, with a password beside it -> what the error says
ACCESS = [
    ("postgresql://postgres:{password}x@127.0.0.1:{port}/postgres", None, "correct user and password in url"),
    (
        "postgresql://postgres@127.0.0.1:{port}/postgres",
        "no-password-of-it",
        "correct user and password in url",
    ),
    (
        "postgresql://postgres:{password}@127.0.0.1:{port}/nowhere",
        None,
        "create the database, or correct url",
    ),
    ("postgresql://postgres:{password}@127.0.0.1:{port}/postgres", None, None),
    ("postgresql://postgres@127.0.0.1:{port}/postgres", PASSWORD, None),
]


@pytest.mark.parametrize(("url", "password", "says"), ACCESS)
async def test_who_may_come_in(
    postgres: Server, db: Db, opened: Open, url: str, password: str | None, says: str | None
) -> None:
    full = url.format(password=PASSWORD, port=postgres.port)
    destination = opened(table(postgres, url=full, password=password))
    answer = await destination.deliver(claimed(), AT)
    assert answer.error is None if says is None else says in (answer.error or "")
    assert PASSWORD not in str(answer)


async def test_a_grant_that_is_missing(postgres: Server, db: Db, opened: Open) -> None:
    db.execute("create role reader login; grant usage on schema public to reader")
    destination = opened(table(postgres, url=postgres.url().replace("postgres@", "reader@")))
    answer = await destination.deliver(claimed(), AT)
    assert answer.error and "grant insert on the table" in answer.error


async def test_a_lock_holds_up_no_longer_than_the_timeout(postgres: Server, db: Db, opened: Open) -> None:
    destination = opened(table(postgres, timeout="300ms", connections=1))
    await destination.deliver(claimed(), AT)
    delivery = claimed()
    with db.transaction():
        db.execute("lock table events")
        answer = await destination.deliver(delivery, AT)
    assert answer.error == "no answer within 0.3 s" and answer.latency < 1000
    assert (await destination.deliver(delivery, AT)).error is None
    assert db.execute("select count(*) from events").fetchone() == {"count": 2}


async def test_connections_are_kept_and_bounded(postgres: Server, db: Db, opened: Open) -> None:
    destination = opened(table(postgres, connections=2))
    for _ in range(3):
        await asyncio.gather(*(destination.deliver(claimed(), AT) for _ in range(10)))
    asked = "select count(*) from pg_stat_activity where application_name = 'webhook-gateway'"
    assert db.execute(asked).fetchone() == {"count": 2}


async def test_a_connection_that_the_server_ended_costs_one_attempt_at_most(
    postgres: Server, db: Db, opened: Open
) -> None:
    destination = opened(table(postgres, connections=1))
    await destination.deliver(claimed(), AT)
    db.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'webhook-gateway'"
    )
    await destination.deliver(claimed(), AT)
    assert (await destination.deliver(claimed(), AT)).error is None
