"""Who may settle a delivery: leases that run out, workers that die, sleep or stop, a store that fails."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from gateway.pipeline.lane import LEASE_MARGIN
from gateway.pipeline.owner import this_process, vanished
from gateway.pipeline.worker import LOST, STOPPED
from gateway.store import Store
from gateway.store.records import Query
from gateway.store.sqlite import SqliteStore
from tests.contract.conftest import NOW
from tests.pipeline.conftest import Bench

pytestmark = pytest.mark.anyio


async def test_a_lost_worker_counts_as_a_failed_attempt(bench: Bench) -> None:
    await bench.accept()
    await bench.store.claim({"app": 1}, {"app": 20_000}, NOW, "elsewhere:1:x")
    await bench.round(after=19)
    assert bench.got == []
    await bench.round(after=1)
    assert await bench.state() == ("pending", 1, 25_000)
    assert [attempt.error for attempt in await bench.attempts()] == [LOST]
    await bench.round(after=5)
    assert (await bench.state())[:2] == ("succeeded", 2)


async def test_a_delivery_that_always_loses_its_worker_dies_in_the_end(bench: Bench) -> None:
    await bench.accept()
    for _ in range(3):
        now = round(bench.clock.now * 1000)
        await bench.store.claim({"app": 1}, {"app": 1000}, now, "elsewhere:1:x")
        bench.clock.now += 1
        expired = await bench.store.expired(round(bench.clock.now * 1000))
        assert len(expired) == 1
        await bench.round()
        bench.clock.now += 60
    assert (await bench.state())[0] == "dead"
    assert bench.got == []


async def test_a_lease_outlasts_the_attempt(bench: Bench) -> None:
    bench.open.clear()
    await bench.accept()
    await bench.step()
    [delivery] = await bench.store.deliveries(Query())
    assert delivery.leased_until == NOW + 5_000 + LEASE_MARGIN * 1000
    assert (
        bench.worker._lanes["app"].lease
        > bench.running.settings.subscriptions["app"].destination.timeout * 1000
    )


async def test_a_worker_that_slept_past_its_lease_cannot_settle(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.open.clear()
    await bench.accept()
    await bench.step()
    other = bench.new_worker()
    await bench.step(after=5 + LEASE_MARGIN, worker=other)
    await bench.step(after=5, worker=other)
    bench.answers = [500, 200]  # the first, which slept, wakes and has a failure to tell
    bench.open.set()
    await bench.settled()
    await bench.settled(other)
    assert (await bench.state())[:2] == ("succeeded", 2)
    assert [(a.number, a.status, a.error) for a in await bench.attempts()] == [
        (1, None, LOST),
        (2, 200, None),
    ]
    assert "lease lost" in caplog.text
    await other.stop(0)


async def test_an_attempt_that_was_given_up_cannot_settle_even_before_the_next(bench: Bench) -> None:
    bench.open.clear()
    await bench.accept()
    await bench.step()
    other = bench.new_worker()
    await bench.step(after=5 + LEASE_MARGIN, worker=other)
    bench.answers = [410]
    bench.open.set()
    await bench.settled()
    assert await bench.state() == ("pending", 1, 25_000)
    assert [attempt.error for attempt in await bench.attempts()] == [LOST]
    assert (await bench.store.paused(), await bench.store.events(Query(source="gateway"))) == ([], [])
    await other.stop(0)


async def test_an_event_erased_under_way_leaves_nothing_behind(bench: Bench) -> None:
    bench.open.clear()
    await bench.accept()
    await bench.step()
    [delivery] = await bench.store.deliveries(Query())
    await bench.store.erase(delivery.event_id)
    bench.open.set()
    await bench.settled()
    assert await bench.store.attempts(delivery.delivery_id) == []


async def test_a_lease_that_ran_out_under_way_is_not_settled_as_lost(bench: Bench) -> None:
    bench.open.clear()
    await bench.accept()
    await bench.step()
    await bench.step(after=60)
    assert [attempt.error for attempt in await bench.attempts()] == []
    bench.open.set()
    await bench.settled()
    assert (await bench.state())[:2] == ("succeeded", 1)


async def test_a_store_that_fails_to_settle_has_the_delivery_made_again(bench: Bench) -> None:
    bench.open.clear()
    await bench.accept()
    await bench.step()
    other = sqlite3.connect(bench.folder / "gateway.db", isolation_level=None)
    await be_impatient(bench.store)
    other.execute("BEGIN IMMEDIATE")
    bench.open.set()
    await bench.settled()
    other.execute("ROLLBACK")
    other.close()
    assert await bench.state() == ("pending", 1, 0)
    await bench.round(after=5 + LEASE_MARGIN)
    await bench.round(after=5)
    assert (await bench.state())[:2] == ("succeeded", 2)
    assert bench.got == ["e0", "e0"]


async def be_impatient(store: Store) -> None:
    """Have the store's writer give up on a lock at once, not after BUSY_TIMEOUT."""
    assert isinstance(store, SqliteStore)

    def set_timeout(db: sqlite3.Connection, items: list[None]) -> list[None]:
        db.execute("PRAGMA busy_timeout = 20")
        return items

    await store._writer.write(set_timeout, None)


async def test_a_stop_gives_back_what_does_not_finish(bench: Bench) -> None:
    bench.open.clear()
    await bench.accept()
    await bench.step()
    await bench.worker.stop(0.01)
    assert await bench.state() == ("pending", 1, 0)
    [delivery] = await bench.store.deliveries(Query())
    assert (delivery.leased_until, delivery.retries) == (None, 0)
    assert [attempt.error for attempt in await bench.attempts()] == [STOPPED]


async def test_a_stop_during_a_claim_leaves_no_lease_behind(bench: Bench) -> None:
    await bench.accept(5)
    claiming = asyncio.create_task(bench.worker.step())
    while not bench.worker._claiming.locked():
        await asyncio.sleep(0)
    await bench.worker.stop(5)
    await claiming
    deliveries = await bench.store.deliveries(Query())
    assert sorted(d.state for d in deliveries) == ["pending"] * 3 + ["succeeded"] * 2
    assert {d.leased_until for d in deliveries} == {None}


async def test_a_lease_of_a_vanished_process_ends_at_the_start(bench: Bench) -> None:
    owner = this_process().rsplit(":", 1)[0] + ":another"
    await bench.accept()
    await bench.store.claim({"app": 1}, {"app": 20_000}, NOW, owner)
    await bench.worker.recover()
    await bench.round()
    assert await bench.state() == ("pending", 1, 5_000)


def test_only_processes_of_this_machine_are_known_to_be_gone() -> None:
    host, number, _ = this_process().rsplit(":", 2)
    assert not vanished(this_process())
    assert vanished(f"{host}:{number}:other")
    assert vanished(f"{host}:4194305:x")
    assert not vanished(f"{host}:1:x")
    assert not vanished("another-machine:4194305:x")
