"""The worker: claims, retries, what ends a delivery. Time is the test's own."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from gateway.pipeline.lane import LEASE_MARGIN, Lane
from gateway.store.records import Query
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
