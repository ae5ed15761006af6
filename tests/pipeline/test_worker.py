"""The worker: claims, retries, leases, stops. Time is the test's own."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from gateway.pipeline.lane import LEASE_MARGIN, Lane
from gateway.pipeline.owner import this_process, vanished
from gateway.pipeline.worker import LOST, STOPPED
from gateway.store import Store
from gateway.store.records import Query
from gateway.store.sqlite import SqliteStore
from tests.contract.conftest import NOW, candidate
from tests.pipeline.conftest import Bench

pytestmark = pytest.mark.anyio


async def test_a_failed_delivery_waits_for_its_place_in_the_schedule(bench: Bench) -> None:
    bench.answers = [500, 500, 200]
    await bench.accept()
    await bench.round()
    assert await bench.state() == ("pending", 1, 5_000)
    await bench.round(after=4.9)
    assert await bench.state() == ("pending", 1, 5_000)
    await bench.round(after=0.1)
    assert await bench.state() == ("pending", 2, 65_000)
    await bench.round(after=60)
    assert (await bench.state())[:2] == ("succeeded", 3)


# jitter, chance -> ms from the failure to the next attempt, of a schedule that says 5 s
JITTERED = [(0.2, 0.0, 4_000), (0.2, 0.5, 5_000), (0.2, 0.75, 5_500), (0, 0.0, 5_000), (1, 0.0, 0)]


@pytest.mark.parametrize(("jitter", "chance", "wait"), JITTERED)
async def test_a_retry_is_moved_within_its_jitter(
    bench: Bench, jitter: float, chance: float, wait: int
) -> None:
    bench.configure(jitter=jitter, chance=chance)
    bench.answers = [500]
    await bench.accept()
    await bench.round()
    assert await bench.state() == ("pending", 1, wait)


# Retry-After -> ms until the next attempt, of a schedule that says 5 s
ASKED = [("30", 30_000), ("1", 5_000), ("Fri, 15 Jan 2027 08:00:20 GMT", 20_000), ("soon", 5_000)]


@pytest.mark.parametrize(("header", "wait"), ASKED)
async def test_retry_after_is_honoured(bench: Bench, header: str, wait: int) -> None:
    bench.answers = [(503, header)]
    await bench.accept()
    await bench.round()
    assert await bench.state() == ("pending", 1, wait)


async def test_a_used_up_schedule_is_a_dead_letter(bench: Bench) -> None:
    bench.answers = [None, None, None]
    await bench.accept()
    for wait in (0, 5, 60):
        await bench.round(after=wait)
    assert (await bench.state())[:2] == ("dead", 3)
    [failed] = await bench.store.events(Query(source="gateway"))
    assert failed.event.name == "gateway/delivery.failed"


async def test_a_dead_letter_and_the_word_of_it_are_written_together_or_not_at_all(bench: Bench) -> None:
    bench.configure(schedule="[]")
    bench.answers = [500, 500]
    await bench.accept()
    with sqlite3.connect(bench.folder / "gateway.db") as other:
        other.execute(
            "CREATE TRIGGER refused BEFORE INSERT ON events WHEN new.source = 'gateway' "
            "BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    await bench.round()
    assert ((await bench.state())[:2], await bench.attempts()) == (("pending", 1), [])
    with other:
        other.execute("DROP TRIGGER refused")
    other.close()
    await bench.round(after=5 + LEASE_MARGIN)
    assert (await bench.state())[:2] == ("dead", 1)
    assert len(await bench.store.events(Query(source="gateway"))) == 1


async def test_gone_for_a_system_event_pauses_without_another_word(bench: Bench) -> None:
    bench.answers = [410]
    await bench.store.accept([candidate(source="gateway", name="gateway/delivery.failed", to=("app",))])
    await bench.round()
    assert [p.subscription for p in await bench.store.paused()] == ["app"]
    assert len(await bench.store.events(Query())) == 1
    await bench.accept()
    await bench.round()
    assert len(bench.got) == 1


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


async def test_a_worker_never_takes_more_than_its_slots(bench: Bench) -> None:
    bench.open.clear()
    await bench.accept(5)
    await bench.step()
    await bench.step()
    leased = [d.leased_until is not None for d in await bench.store.deliveries(Query())]
    assert (sorted(leased), bench.at_once) == ([False] * 3 + [True] * 2, 2)


async def test_deliveries_are_made_in_the_order_they_are_due(bench: Bench) -> None:
    bench.configure(concurrency=1)
    await bench.store.accept([candidate("late", ts=NOW + 2, to=("app",))])
    await bench.accept(3)
    for _ in range(4):
        await bench.round(after=1)
    assert bench.got == ["e0", "e1", "e2", "late"]


async def test_a_running_worker_takes_a_backlog_without_being_woken(bench: Bench) -> None:
    bench.configure(concurrency=8)
    await bench.accept(100)
    running = asyncio.create_task(bench.worker.run())
    async with asyncio.timeout(5):
        while len(bench.got) < 100:
            await asyncio.sleep(0.005)
    await bench.worker.stop(1)
    await running
    assert (len(set(bench.got)), bench.most_at_once) == (100, 8)
    assert {d.state for d in await bench.store.deliveries(Query(limit=200))} == {"succeeded"}


async def test_a_worker_outlives_a_failure_of_its_own(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("gateway.pipeline.worker.POLL", 0.01)
    running, bench.running = bench.running, None  # type: ignore[assignment]
    await bench.accept()
    task = asyncio.create_task(bench.worker.run())
    await asyncio.sleep(0.03)
    bench.running = running
    async with asyncio.timeout(5):
        while not bench.got:
            await asyncio.sleep(0.005)
    await bench.worker.stop(1)
    await task
    assert "the worker failed" in caplog.text


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


# slots, under way, seconds since the last claim -> seconds until the next
CLAIMS = [
    (16, 0, 0.0, 0.0),  # nothing under way
    (16, 12, 0.0, 0.0),  # a quarter is free
    (16, 13, 0.0, 0.01),  # less: a moment later
    (16, 13, 0.5, 0.0),  # which is over
    (16, 16, 0.5, float("inf")),  # no slot
    (16, 20, 0.5, float("inf")),  # fewer than none: a reload took some
    (1, 0, 0.0, 0.0),  # one slot, free
    (1, 1, 0.5, float("inf")),  # and not
]


@pytest.mark.parametrize(("slots", "under_way", "since", "wait"), CLAIMS)
async def test_a_lane_claims_when_it_is_worth_it_and_no_later(
    bench: Bench, slots: int, under_way: int, since: float, wait: float
) -> None:
    bench.configure(concurrency=slots)
    lane = Lane.of(bench.running.settings.subscriptions["app"])
    task = asyncio.create_task(asyncio.sleep(0))
    lane.under_way = {str(n): task for n in range(under_way)}
    lane.claimed_at = 100.0
    assert lane.claims_in(100.0 + since) == pytest.approx(wait)
    await task
