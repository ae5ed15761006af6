"""Lanes: retries and first attempts of one subscription do not starve each other."""

from __future__ import annotations

import pytest

from gateway.pipeline.lane import Lane
from tests.contract.conftest import candidate
from tests.pipeline.conftest import Bench

pytestmark = pytest.mark.anyio


async def storm(bench: Bench, count: int, concurrency: int) -> None:
    """So many deliveries that failed and are due again, to a subscriber that hangs from now on."""
    bench.configure(concurrency=100)
    bench.answers = [500] * count
    await bench.store.accept([candidate(f"r{n}", to=("app",)) for n in range(count)])
    for _ in range(1 + count // 100):
        await bench.round()
    bench.configure(concurrency=concurrency)
    bench.clock.now += 5
    bench.got.clear()
    bench.open.clear()


# concurrency -> how many retries are under way in a storm of them
SHARES = [(1, 1), (2, 1), (4, 1), (8, 2), (16, 4), (100, 25)]


@pytest.mark.parametrize(("concurrency", "most"), SHARES)
async def test_retries_have_a_quarter_of_the_slots(bench: Bench, concurrency: int, most: int) -> None:
    await storm(bench, 30, concurrency)
    await bench.step()
    await bench.step()
    assert len(bench.got) == most


async def test_a_storm_of_retries_does_not_starve_a_new_event(bench: Bench) -> None:
    await storm(bench, 200, concurrency=8)
    await bench.step()
    await bench.store.accept([candidate("new", at=round(bench.clock.now * 1000), to=("app",))])
    bench.worker.wake(["app"])
    await bench.step()
    assert bench.got[-1] == "new"


async def test_a_flood_of_new_events_does_not_starve_a_retry(bench: Bench) -> None:
    await storm(bench, 1, concurrency=4)
    await bench.accept(100)
    await bench.step()
    assert sorted(bench.got) == ["e0", "e1", "e2", "r0"]


async def test_without_retries_all_slots_are_for_new_events(bench: Bench) -> None:
    bench.configure(concurrency=4)
    bench.open.clear()
    await bench.accept(10)
    await bench.step()
    assert len(bench.got) == 4


async def test_with_one_slot_they_take_turns(bench: Bench) -> None:
    await storm(bench, 4, concurrency=1)
    bench.open.set()
    await bench.accept(3)
    for _ in range(7):
        await bench.round()
    assert bench.got == ["r0", "e0", "r1", "e1", "r2", "e2", "r3"]


async def test_with_one_slot_nobody_waits_for_a_turn_that_is_not_wanted(bench: Bench) -> None:
    await storm(bench, 3, concurrency=1)
    bench.open.set()
    for _ in range(6):
        await bench.round()
    assert bench.got == ["r0", "r1", "r2"]


async def test_a_retry_that_ends_makes_room_for_another(bench: Bench) -> None:
    await storm(bench, 3, concurrency=4)
    bench.slow = frozenset({"r0"})
    await bench.step()
    lane: Lane = bench.worker._lanes["app"]
    assert (lane.claimable, lane.free_for_retries) == (False, 0)
    bench.open.set()
    await bench.settled()
    assert (lane.claimable, lane.free_for_retries) == (True, 1)
