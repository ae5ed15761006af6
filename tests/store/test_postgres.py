"""What only the PostgreSQL store has: the database's clock, partitions, locks, notices."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import psycopg
import pytest

from gateway.event import new_id
from gateway.store.postgres import PostgresStore
from gateway.store.postgres.claims import Floors
from gateway.store.postgres.session import SQL
from gateway.store.records import (
    Attempt,
    Claimed,
    NewDelivery,
    Query,
    Rejection,
    Retention,
    Settlement,
    State,
)
from tests.contract.conftest import DAY, HOUR, NOW, candidate
from tests.store.conftest import Open

pytestmark = pytest.mark.anyio

LEASE = 30_000
YEAR = 365 * DAY
OLD = NOW - YEAR
"""In 2026."""


def real_now() -> int:
    return round(time.time() * 1000)


async def claim(store: PostgresStore, now: int, slots: int = 10) -> list[Claimed]:
    return list((await store.claim({"app": slots}, {"app": LEASE}, now, "w")).claimed)


def settled(claimed: Claimed, state: State, due_at: int, now: int) -> Settlement:
    attempt = Attempt(claimed.delivery.delivery_id, claimed.delivery.attempts, now, 1, 200)
    return Settlement(attempt, state, due_at, 1, now)


async def received(store: PostgresStore, *ids: str) -> None:
    await store.accept([candidate(id, at=real_now(), to=("app",)) for id in ids])


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
    await shared.accept([candidate("old", at=NOW)])
    retain = Retention(NOW, NOW + 2 * DAY, NOW, NOW)
    with psycopg.connect(database) as other:
        other.execute(SQL["elected"])
        assert (await shared.purge(retain)).total == 0
    assert (await shared.purge(retain)).events == 1


class Heard(asyncio.Queue[str]):
    """What a node's worker was woken for."""

    def wake(self, subscriptions: Iterable[str]) -> None:
        for name in subscriptions:
            self.put_nowait(name)

    async def next(self) -> str:
        return await asyncio.wait_for(self.get(), 5)


async def test_a_replay_and_a_resume_wake_the_other_node(
    shared: PostgresStore, opening: Open, database: str
) -> None:
    other, heard = await opening(database, connections=1), Heard()
    [outcome] = await shared.accept([candidate("e", at=real_now())])
    await shared.listen(heard.wake)
    await other.replay([NewDelivery(new_id(NOW), outcome.event_id, "again", NOW)], NOW)
    assert await heard.next() == "again"
    await other.pause("held", "by hand", NOW)
    await other.resume("held")
    assert await heard.next() == "held"


async def test_a_node_is_not_told_of_its_own_deliveries(
    shared: PostgresStore, opening: Open, database: str
) -> None:
    other, third, heard, all_heard = await opening(database), await opening(database), Heard(), Heard()
    await shared.listen(heard.wake)
    await third.listen(all_heard.wake)
    await shared.accept([candidate("mine", at=real_now(), to=("mine",))])
    assert await all_heard.next() == "mine"
    await other.accept([candidate("theirs", at=real_now(), to=("theirs",))])
    assert await heard.next() == "theirs"


async def test_a_listener_that_was_cut_off_listens_again(
    shared: PostgresStore,
    opening: Open,
    database: str,
    db: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.store.postgres.notices.RECONNECT_AFTER", 0.01)
    other, heard = await opening(database), Heard()
    await shared.listen(heard.wake)
    listening = "FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
    assert db.execute(f"SELECT pg_terminate_backend(pid) {listening}").fetchall() == [(True,)]
    async with asyncio.timeout(5):
        while heard.empty():
            await received(other, new_id(NOW))
            await asyncio.sleep(0.01)


async def test_a_zero_byte_which_postgresql_cannot_hold_is_replaced(shared: PostgresStore) -> None:
    await shared.reject(Rejection("r", "s", "bad", "a\x00b", NOW, "", "POST", "u", "[]", 1, "aa"))
    assert [r.detail for r in await shared.rejections(Query())] == ["a\ufffdb"]
    await shared.accept([candidate("id\x00", at=real_now())])
    assert [s.event.id for s in await shared.events(Query())] == ["id\ufffd"]


async def test_an_id_longer_than_an_index_can_hold_is_told_from_its_like(shared: PostgresStore) -> None:
    long = "x" * 10_000
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
