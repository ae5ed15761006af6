"""What only the PostgreSQL store has: the database's clock, partitions, locks."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence

import psycopg
import pytest

from gateway.event import new_id
from gateway.store.postgres import PostgresStore
from gateway.store.postgres.claims import Floors
from gateway.store.postgres.days import Day
from gateway.store.postgres.retention import _drop
from gateway.store.postgres.session import SQL, Session
from gateway.store.records import Attempt, Claimed, NewDelivery, Query, Settlement, State
from gateway.store.rejections import Rejection
from gateway.store.retention import Retention
from tests.contract.conftest import DAY, HOUR, NOW, candidate
from tests.store.conftest import Open, real_now, received

pytestmark = pytest.mark.anyio

LEASE = 30_000
YEAR = 365 * DAY
OLD = NOW - YEAR
"""In 2026."""


async def claim(store: PostgresStore, now: int, slots: int = 10) -> list[Claimed]:
    return list((await store.claim({"app": slots}, {"app": LEASE}, now, "w")).claimed)


def settled(claimed: Claimed, state: State, due_at: int, now: int) -> Settlement:
    attempt = Attempt(claimed.delivery.delivery_id, claimed.delivery.attempts, now, 1, 200)
    return Settlement(attempt, state, due_at, 1, now)


def partitions(db: psycopg.Connection, table: str = "events") -> list[str]:
    children = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass"
    rows = db.execute(children, [table])
    return sorted(row[0].rpartition("_")[2] for row in rows)


@pytest.mark.parametrize("wrong", [-YEAR, YEAR])
async def test_a_lease_goes_by_the_databases_clock(shared: PostgresStore, wrong: int) -> None:
    await received(shared, "e")
    [claimed] = await claim(shared, real_now() + wrong)
    assert claimed.delivery.leased_until == pytest.approx(real_now() + LEASE, abs=10_000)
    assert await shared.expired(real_now() + YEAR) == []


async def test_a_lease_ends_by_the_databases_clock(shared: PostgresStore, db: psycopg.Connection) -> None:
    await received(shared, "e")
    await claim(shared, real_now())
    db.execute("UPDATE deliveries_pending SET leased_until = now_ms() - 1")
    assert len(await shared.expired(real_now() - YEAR)) == 1


@pytest.mark.parametrize("wrong", [-YEAR, YEAR])
async def test_a_retry_is_due_so_long_after_the_databases_now(shared: PostgresStore, wrong: int) -> None:
    await received(shared, "e")
    [claimed] = await claim(shared, real_now())
    now = real_now() + wrong
    assert await shared.settle(settled(claimed, "pending", now + HOUR, now))
    [delivery] = await shared.deliveries(Query())
    assert delivery.due_at == pytest.approx(real_now() + HOUR, abs=10_000)


async def test_what_another_node_claims_now_is_skipped_and_not_waited_for(
    shared: PostgresStore, database: str
) -> None:
    await received(shared, "first", "second")
    with psycopg.connect(database) as other:
        other.execute("SELECT * FROM deliveries_pending ORDER BY seq LIMIT 1 FOR UPDATE")
        async with asyncio.timeout(2):
            assert [c.event.id for c in await claim(shared, real_now())] == ["second"]
    assert [c.event.id for c in await claim(shared, real_now())] == ["first"]


async def test_what_lies_below_the_floor_is_found_by_the_next_sweep(
    shared: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await received(shared, "e")
    shared._floors.of("app")
    shared._floors.learn("app", real_now() + HOUR, real_now() + HOUR)
    assert await claim(shared, real_now()) == []
    monkeypatch.setattr("gateway.store.postgres.claims.SWEEP", 0.0)
    assert len(await claim(shared, real_now())) == 1


def test_a_floor_stays_below_what_may_still_appear() -> None:
    floors = Floors()
    floors.of("app")
    floors.learn("app", NOW, NOW)
    assert floors.of("app") == NOW - 5000
    floors.forget(["app"])
    assert floors.of("app") == 0


async def test_a_days_partitions_are_made_ahead(opening: Open, empty_database: str) -> None:
    await opening(empty_database)
    with psycopg.connect(empty_database) as db:
        days = [partitions(db, table) for table in ("events", "attempts", "requests", "deliveries_finished")]
    today = [time.strftime("%Y%m%d", time.gmtime(time.time() + n * 86_400)) for n in range(8)]
    assert days == [today] * 4


async def test_a_purge_drops_whole_days(shared: PostgresStore, db: psycopg.Connection) -> None:
    await shared.accept([candidate("old", at=NOW), candidate("new", at=NOW + 2 * DAY)])
    assert {"20270115", "20270117"} <= set(partitions(db))
    purged = await shared.purge(Retention(NOW, NOW + DAY, NOW, NOW))
    assert purged.events == 1
    assert "20270115" not in partitions(db) and "20270117" in partitions(db)


async def test_a_day_that_is_not_over_yet_stays(shared: PostgresStore) -> None:
    await shared.accept([candidate("e", at=NOW)])
    assert (await shared.purge(Retention(NOW, NOW + HOUR, NOW, NOW))).events == 0
    assert len(await shared.events(Query())) == 1


async def test_a_pending_delivery_keeps_its_day_and_the_rest_goes(
    shared: PostgresStore, db: psycopg.Connection
) -> None:
    await shared.accept([candidate("waits", at=OLD, to=("app",)), candidate("old", at=OLD)])
    assert (await shared.purge(Retention(NOW, OLD + 2 * DAY, NOW, NOW))).events == 1
    assert "20260115" in partitions(db)
    [claimed] = await claim(shared, OLD)
    await shared.settle(settled(claimed, "succeeded", OLD, OLD))
    assert (await shared.purge(Retention(NOW, OLD + 2 * DAY, NOW, NOW))).events == 1
    assert "20260115" not in partitions(db)


async def test_a_day_that_somebody_reads_is_dropped_later(shared: PostgresStore, database: str) -> None:
    await shared.accept([candidate("old", at=NOW)])
    retain = Retention(NOW, NOW + 2 * DAY, NOW, NOW)
    with psycopg.connect(database) as reader:
        reader.execute("SELECT * FROM events")
        assert (await shared.purge(retain)).events == 0
        assert len(await shared.events(Query())) == 1
    assert (await shared.purge(retain)).events == 1


async def test_only_the_elected_node_keeps_house(shared: PostgresStore, database: str) -> None:
    await shared.accept([candidate("old", at=OLD), candidate("old", at=OLD)])
    retain = Retention(NOW, NOW, NOW, NOW)
    with psycopg.connect(database) as other:
        other.execute(SQL["elected"])
        assert (await shared.purge(retain)).total == 0
    purged = await shared.purge(retain)
    assert (purged.events, purged.duplicates, purged.keys) == (1, 1, 1)


async def test_a_day_that_got_a_replay_meanwhile_is_not_dropped(shared: PostgresStore) -> None:
    [outcome] = await shared.accept([candidate("old", at=OLD)])
    await shared.replay([NewDelivery(new_id(NOW), outcome.event_id, "app", OLD)], OLD)
    assert not await _drop(shared._pool, "events", Day.of(OLD))
    assert [c.event.id for c in await claim(shared, OLD)] == ["old"]


async def test_two_nodes_make_a_missing_day_at_once(
    shared: PostgresStore, opening: Open, database: str, db: psycopg.Connection
) -> None:
    nodes, other_day = (shared, await opening(database)), OLD + 40 * DAY
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with psycopg.connect(database) as third:
        third.execute("SELECT pg_advisory_xact_lock(hashtext('gateway.days'), hashtext(current_schema))")
        stored = [node.accept([candidate(f"e{n}", at=other_day)]) for n, node in enumerate(nodes)]
        async with asyncio.timeout(3):
            while db.execute(waiting).fetchone() != (2,):
                await asyncio.sleep(0.01)
    assert all(outcome.duplicate is None for [outcome] in await asyncio.gather(*stored))
    assert "20260224" in partitions(db)


async def test_a_commit_waits_for_the_disk_whatever_the_database_is_set_to(
    opening: Open, empty_database: str
) -> None:
    with psycopg.connect(empty_database, autocommit=True) as db:
        db.execute(f'ALTER DATABASE "{db.info.dbname}" SET synchronous_commit = off')
    store = await opening(empty_database)

    async def settings(session: Session, items: Sequence[int]) -> list[object]:
        return [await session._db.fetchval("SHOW synchronous_commit")]

    assert await store._groups.write(settings, 1) == "on"


async def test_all_that_nodes_do_goes_on_at_once(shared: PostgresStore, opening: Open, database: str) -> None:
    nodes, delivered = (shared, await opening(database)), list[str]()

    async def send(store: PostgresStore, number: int) -> None:
        for n in range(30):
            ids = [f"e{(n + k) % 30}" for k in (0, 5, number)]
            await store.accept([candidate(id, at=real_now(), to=("app", "more")) for id in ids])

    async def work(store: PostgresStore) -> None:
        while len(delivered) < 60:
            slots = {"app": 5, "more": 5}
            now = real_now()
            for claimed in (await store.claim(slots, dict.fromkeys(slots, LEASE), now, "w")).claimed:
                assert await store.settle(settled(claimed, "succeeded", now, now))
                delivered.append(claimed.delivery.delivery_id)
            await store.purge(Retention(now, now - DAY, now - 5, now), limit=10)

    async with asyncio.timeout(20):
        jobs = [send(store, n) for store in nodes for n in (7, 11)] + [work(store) for store in nodes]
        await asyncio.gather(*jobs)
    assert len(delivered) == len(set(delivered)) == 60


async def test_a_zero_byte_which_postgresql_cannot_hold_is_replaced(shared: PostgresStore) -> None:
    await shared.reject(Rejection("r", "s", "bad", "a\x00b", NOW, "", "POST", "u", "[]", 1, "aa"))
    assert [r.detail for r in await shared.rejections(Query())] == ["a\ufffdb"]
    await shared.accept([candidate("id\x00", at=real_now())])
    assert [s.event.id for s in await shared.events(Query())] == ["id\ufffd"]


async def test_an_id_longer_than_an_index_can_hold_is_told_from_its_like(shared: PostgresStore) -> None:
    long = "".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(200))  # does not compress
    first, second, again = await shared.accept([candidate(long + end, at=NOW) for end in ("a", "b", "a")])
    assert first.duplicate is None is second.duplicate
    assert again.duplicate is not None
    [later] = await shared.accept([candidate(long + "b", at=NOW, data='{"a":2}')])
    assert later.duplicate is not None and later.duplicate.differs
    found = await shared.event(long + "b")
    assert found is not None and found.event.event_id == second.event_id


async def test_erasing_an_event_leaves_no_row_but_its_key(
    shared: PostgresStore, db: psycopg.Connection
) -> None:
    [outcome] = await shared.accept([candidate("e", at=OLD, to=("app",))])
    [claimed] = await claim(shared, OLD)
    delivery_id = claimed.delivery.delivery_id
    told = candidate(delivery_id, at=NOW, source="gateway", name="gateway/delivery.failed")
    attempt = Attempt(delivery_id, 1, NOW, 5, 200)
    await shared.settle(Settlement(attempt, "dead", NOW, 0, NOW, emit=(told,)))
    assert await shared.erase(outcome.event_id)
    tables = ("events", "deliveries", "attempts", "requests", "duplicates")
    assert [db.execute(f"SELECT count(*) FROM {t}").fetchone() for t in tables] == [(0,)] * 5
    assert db.execute("SELECT key FROM dedupe_keys WHERE source = 'stripe'").fetchall() == [("e",)]
