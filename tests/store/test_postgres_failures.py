"""A PostgreSQL that is down, stops, hangs or refuses: said plainly, and over by itself when it is over."""

from __future__ import annotations

import asyncio
import signal

import asyncpg
import psycopg
import pytest

from gateway.store import Store, StoreError, StoreRefused, StoreUnavailable, open_store, prepare
from gateway.store.postgres.errors import address, translate
from gateway.store.records import Query
from tests.contract.conftest import NOW, candidate
from tests.postgres import HANG_UP, PASSWORD, Server
from tests.store.conftest import Open

pytestmark = pytest.mark.anyio


def test_a_server_that_is_down_at_start_is_named(own_server: Server) -> None:
    own_server.stop()
    named = f"127.0.0.1:{own_server.port}/own can't be reached"
    with pytest.raises(StoreUnavailable, match=named) as told:
        prepare(own_server.tcp_url("own"))
    assert PASSWORD not in str(told.value)


# URL parts that are wrong -> what is said; the password is in none of it
REFUSED = [
    ({"password": "hidden-wrong"}, "check the user and the password in store.url"),
    ({"database": "missing"}, "make it with: createdb"),
]


@pytest.mark.parametrize(("wrong", "way_out"), REFUSED)
def test_a_wrong_url_is_refused_without_its_password(
    own_server: Server, wrong: dict[str, str], way_out: str
) -> None:
    with pytest.raises(StoreRefused, match=way_out) as told:
        prepare(own_server.tcp_url(**wrong))
    shown = f"{told.value} {told.value.__cause__}"
    assert "hidden-wrong" not in shown and PASSWORD not in shown


def test_a_server_that_is_too_old_is_refused(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.postgres.session.OLDEST", 99)
    with pytest.raises(StoreRefused, match="too old; the gateway needs 99 or newer"):
        prepare(empty_database)


def test_a_user_who_may_make_no_tables_is_told(own_server: Server) -> None:
    with psycopg.connect(own_server.url("own"), autocommit=True) as db:
        db.execute("DROP SCHEMA public CASCADE")
        db.execute("CREATE SCHEMA public")
        db.execute("CREATE ROLE gateway_reader LOGIN")
        db.execute("GRANT USAGE ON SCHEMA public TO gateway_reader")
    with pytest.raises(StoreRefused, match="own its database"):
        prepare(own_server.url("own").replace("postgres@", "gateway_reader@"))


async def test_a_standby_or_read_only_database_takes_nothing(opening: Open, empty_database: str) -> None:
    prepared = await opening(empty_database)
    with psycopg.connect(empty_database, autocommit=True) as db:
        name = db.info.dbname
        db.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        db.execute(HANG_UP, [name])
    with pytest.raises(StoreUnavailable):
        await prepared.accept([candidate()])
    with pytest.raises(StoreUnavailable, match="target_session_attrs=read-write"):
        await prepared.accept([candidate()])
    assert await prepared.events(Query()) == []


async def accepted(store: Store, stopped: asyncio.Event, sender: int) -> tuple[list[str], list[Exception]]:
    """Send one event after the other until `stopped`; what was acknowledged, and what was raised."""
    taken, raised = [], []
    number = 0
    while not stopped.is_set():
        number += 1
        id = f"evt_{sender}_{number}"
        try:
            await store.accept([candidate(id)])
            taken.append(id)
        except Exception as error:
            raised.append(error)
            await asyncio.sleep(0.01)
    return taken, raised


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "crash"])
async def test_nothing_acknowledged_is_lost_when_the_server_stops_under_load(
    own_server: Server, opening: Open, how: signal.Signals
) -> None:
    store = await opening(own_server.url("own"))
    stopped = asyncio.Event()
    senders = [asyncio.create_task(accepted(store, stopped, n)) for n in range(8)]
    await asyncio.sleep(0.3)
    await asyncio.to_thread(own_server.stop, how)
    await asyncio.sleep(0.2)
    await asyncio.to_thread(own_server.start)
    await asyncio.sleep(0.3)
    stopped.set()
    results = await asyncio.gather(*senders)
    await store.ready(NOW)
    taken = {id for ids, _ in results for id in ids}
    raised = [error for _, errors in results for error in errors]
    assert raised and {type(error) for error in raised} == {StoreUnavailable}
    stored = {event.event.id for event in await store.events(Query(limit=100_000))}
    assert taken <= stored and len(stored - taken) <= 8
    await asyncio.wait_for(store.accept([candidate("evt_0_1")]), 5)


async def test_a_server_that_hangs_is_given_up_in_time_and_found_again(
    own_server: Server, opening: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await opening(own_server.url("own"))
    await store.accept([candidate("before")])
    monkeypatch.setattr("gateway.store.postgres.groups.WITHIN", 0.3)
    monkeypatch.setattr("gateway.store.postgres.groups.AT_LEAST", 0.3)
    with own_server.frozen(), pytest.raises(StoreUnavailable, match="no answer in time"):
        async with asyncio.timeout(3):
            await store.accept([candidate("meanwhile")])
    await store.accept([candidate("after")])
    assert {"before", "after"} <= {event.event.id for event in await store.events(Query())}


async def test_one_faulty_write_fails_alone_and_the_connection_stays(opening: Open, database: str) -> None:
    store = await opening(database, connections=1)
    bad = [candidate("x"), candidate("x")]
    object.__setattr__(bad[1].event, "event_id", bad[0].event.event_id)
    object.__setattr__(bad[1], "key", "y")
    good = [store.accept([candidate(f"e{n}")]) for n in range(20)]
    results = await asyncio.gather(*good, store.accept(bad), return_exceptions=True)
    assert isinstance(results[-1], StoreError) and not any(isinstance(r, Exception) for r in results[:-1])


async def test_a_closed_store_says_so(opening: Open, database: str) -> None:
    store = await open_store(database)
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.accept([candidate()])
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.events(Query())


async def test_what_waits_when_it_closes_is_still_written(opening: Open, database: str) -> None:
    store = await open_store(database)
    waiting = [store.accept([candidate(f"e{n}")]) for n in range(50)]
    await store.close()
    assert all(done.result() for done in waiting)
    assert len(await (await opening(database)).events(Query())) == 50


# what the server or its driver raises -> the store's error, and the way out it names
ERRORS = [
    (asyncpg.DiskFullError("could not extend file"), StoreUnavailable, "free some space"),
    (asyncpg.TooManyConnectionsError("too many clients"), StoreUnavailable, "lower store.connections"),
    (asyncpg.CannotConnectNowError("the database system is starting up"), StoreUnavailable, "tried again"),
    (asyncpg.AdminShutdownError("terminating connection"), StoreUnavailable, "tried again"),
    (asyncpg.LockNotAvailableError("lock timeout"), StoreUnavailable, "pg_locks"),
    (asyncpg.InternalServerError("invalid page in block"), StoreUnavailable, "invalid page"),
    (ConnectionRefusedError(111, "refused"), StoreUnavailable, "can't be reached"),
    (TimeoutError(), StoreUnavailable, "no answer in time"),
]


@pytest.mark.parametrize(("raised", "kind", "way_out"), ERRORS)
def test_errors_name_the_server_and_the_way_out(
    raised: Exception, kind: type[Exception], way_out: str
) -> None:
    error = translate(raised, "PostgreSQL at db:5432/gateway")
    assert isinstance(error, kind)
    assert "PostgreSQL at db:5432/gateway" in str(error) and way_out in str(error)


# the URL -> what messages call it: no user, no password, no options
ADDRESSES = [
    ("postgresql://me:hidden@db.example:5432/gateway?sslmode=require", "db.example:5432/gateway"),
    ("postgresql://me:hid%40den@db/gateway", "db/gateway"),
    ("postgresql://me:hidden@/gateway?host=/run/postgresql&port=5433", "/run/postgresql:5433/gateway"),
    ("postgresql://me@a:1,b:2/gateway?password=hidden", "a:1,b:2/gateway"),
    ("postgresql://", "the default host/the default database"),
]


@pytest.mark.parametrize(("url", "shown"), ADDRESSES)
def test_an_address_holds_no_secret(url: str, shown: str) -> None:
    assert address(url) == f"PostgreSQL at {shown}"
