"""Order on PostgreSQL where nodes race: what is about to end, and what is due before all that was claimed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import psycopg
import pytest

from gateway.store import StoreUnavailable
from gateway.store.claim import Claim
from gateway.store.postgres import PostgresStore
from gateway.store.postgres.claims import Floors, together
from gateway.store.records import Attempt, ClaimResult, Settlement
from tests.contract.conftest import HOUR, NOW, candidate
from tests.store.conftest import Open, real_now

pytestmark = pytest.mark.anyio

LEASE = 30_000
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
READ = """
SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname = 'deliveries_pending')
       + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'deliveries_pending')
"""
QUEUE = """
INSERT INTO deliveries_pending (delivery_id, event_id, subscription, due_at, created_at, order_key, order_at)
SELECT %(key)s || n, event_id, 'app', 1, 1, %(key)s, n FROM events, generate_series(1, %(count)s) AS n
"""
HOLD = "UPDATE deliveries SET leased_until = 9000000000000000 WHERE order_key = %(key)s AND order_at > 1"
TAKE = "UPDATE deliveries SET leased_until = 2, leased_by = 'w' WHERE delivery_id = %(key)s || 1"
END = "UPDATE deliveries SET state = 'succeeded', leased_by = NULL WHERE delivery_id = %(key)s || 1"


async def claim(store: PostgresStore, ordered: bool = False) -> list[str]:
    result = await store.claim({"app": 5}, {"app": LEASE}, real_now(), "w", {"app"} if ordered else ())
    return [claimed.event.id for claimed in result.claimed]


async def put(store: PostgresStore, id: str, ts: int, key: str | None = None) -> None:
    asked = candidate(id, at=real_now(), ts=ts, to=("app",))
    await store.accept([replace(asked, orders={} if key is None else {"app": key})])


async def test_a_claim_waits_for_who_is_about_to_end_the_delivery_before(
    shared: PostgresStore, database: str, db: psycopg.Connection
) -> None:
    await put(shared, "first", NOW - HOUR * 10**4, "k")
    await put(shared, "second", NOW - HOUR * 10**4 + 1, "k")
    assert await claim(shared, ordered=True) == ["first"]
    with psycopg.connect(database) as other:
        other.execute("UPDATE deliveries SET state = 'succeeded', leased_by = NULL WHERE leased_by = 'w'")
        claiming = asyncio.create_task(claim(shared, ordered=True))
        async with asyncio.timeout(4):
            while not claiming.done() and db.execute(WAITING).fetchone() == (0,):
                await asyncio.sleep(0.01)
    assert await claiming == ["second"]


async def test_a_delivery_due_before_all_that_was_claimed_is_found_at_once(
    shared: PostgresStore, opening: Open, database: str
) -> None:
    await put(shared, "now", real_now())
    assert await claim(shared) == ["now"]
    assert await claim(shared) == []
    await put(shared, "old", real_now() - HOUR)
    assert await claim(shared) == ["old"]
    other = await opening(database)
    woken: asyncio.Queue[list[str]] = asyncio.Queue()
    await shared.listen(lambda names: woken.put_nowait(list(names)))
    await put(other, "elsewhere", real_now() - 2 * HOUR)
    async with asyncio.timeout(4):
        await woken.get()
    assert await claim(shared) == ["elsewhere"]


def test_a_floor_that_is_lowered_during_a_claim_is_lower_afterwards() -> None:
    floors = Floors()
    floors.of("app")
    floors.lower({"app": 7, "other": None})
    floors.learn("app", NOW, NOW)
    assert [floors.of("app"), floors.of("app")] == [7, 7]


def rows_read(db: psycopg.Connection) -> int:
    """How many rows or entries what is pending has given so far."""
    db.execute("SELECT pg_stat_force_next_flush()")
    return int(db.execute(READ).fetchone()[0])  # type: ignore[index]


def ends(db: psycopg.Connection, key: str, count: int) -> int:
    """What is read when the first of a key ends. Statistics are from before the others were held."""
    values = {"key": key, "count": count}
    db.execute(QUEUE, values)
    db.execute("VACUUM ANALYZE deliveries_pending")
    db.execute(HOLD, values)
    db.execute(TAKE, values)
    before = rows_read(db)
    db.execute(END, values)
    return rows_read(db) - before


async def test_the_end_of_a_delivery_reads_one_of_all_that_are_held(
    shared: PostgresStore, db: psycopg.Connection
) -> None:
    await put(shared, "any", real_now())
    assert ends(db, "k", 1000) < 20
    freed = db.execute("SELECT delivery_id FROM deliveries WHERE order_key = 'k' AND leased_until IS NULL")
    assert ("k2",) in freed.fetchall()


async def test_who_waits_for_another_nodes_order_holds_up_no_other_subscription(
    shared: PostgresStore, database: str
) -> None:
    await put(shared, "first", real_now(), "k")
    [held] = (await shared.claim({"app": 1}, {"app": LEASE}, real_now(), "w", {"app"})).claimed
    attempt = Attempt(held.delivery.delivery_id, held.delivery.attempts, real_now(), 1, 200)
    settlement = Settlement(attempt, "succeeded", real_now(), 1, real_now(), ordered="app")
    with psycopg.connect(database) as other:
        other.execute("SELECT lock_order('app')")
        waiting: list[asyncio.Task[object]] = [asyncio.create_task(shared.settle(settlement))]
        for _ in range(3):  # each has a transaction of its own, if it may
            await asyncio.sleep(0.05)
            waiting.append(asyncio.create_task(claim(shared, ordered=True)))
        async with asyncio.timeout(3):
            await shared.accept([candidate("free", at=real_now(), to=("mail",))])
            found = await shared.claim({"mail": 1}, {"mail": LEASE}, real_now(), "w")
        assert [one.event.id for one in found.claimed] == ["free"] and not any(one.done() for one in waiting)
    assert await asyncio.gather(*waiting) == [True, [], [], []]


def test_who_has_leased_something_hears_of_it_whatever_became_of_the_others() -> None:
    asked = Claim({"app": 1, "ledger": 1}, {}, NOW, "w", {"ledger"}).apart()
    assert [list(part.slots) for part in asked] == [["app"], ["ledger"]]
    lost, some = StoreUnavailable("gone"), ClaimResult([object()], {"app": NOW})  # type: ignore[list-item]
    assert together(asked, [some, lost]).next_due == {"app": NOW, "ledger": NOW + 5000}
    with pytest.raises(StoreUnavailable):
        together(asked, [ClaimResult([], {}), lost])
