"""A worker and batches: one call for many, and one end for all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.pipeline.worker import LOST, STOPPED
from gateway.store.records import Query
from gateway.terms import Batch, Terms
from tests.contract.conftest import NOW, candidate
from tests.pipeline.conftest import Bench

pytestmark = pytest.mark.anyio

BATCH = "batch: {size: 3, timeout: 5s}"
TERMS = {"app": Terms(gathers=Batch("", 3, 5000, 10_000))}


async def accept(bench: Bench, *ids: str, **changed: object) -> None:
    """Events for a subscription with batches of three."""
    bench.configure(concurrency=f"2, {BATCH}", **changed)
    await bench.store.accept([replace(candidate(id, to=("app",)), terms=TERMS) for id in ids])


async def ends(bench: Bench) -> list[tuple[str, str, int]]:
    """Of each delivery its event, its state and the number of its attempts, the oldest first."""
    found = await bench.store.deliveries(Query(source="stripe"))
    return [(d.id, d.state, len(await bench.store.attempts(d.delivery_id))) for d in found][::-1]


async def test_a_batch_is_one_call_and_one_slot(bench: Bench) -> None:
    await accept(bench, *"abcdefg")
    await bench.round()
    assert sorted(bench.got) == ["a", "d"]
    await bench.round(after=5)
    assert bench.got[2:] == ["g"]
    assert {(state, attempts) for _, state, attempts in await ends(bench)} == {("succeeded", 1)}


async def test_all_of_a_batch_are_tried_again_and_die_together(bench: Bench) -> None:
    await accept(bench, "a", "b", schedule="[5s]")
    bench.answers = [500, 500]
    for _ in range(2):
        await bench.round(after=5)
    await bench.round()
    assert bench.got == ["a", "a"]
    assert await ends(bench) == [("a", "dead", 2), ("b", "dead", 2)]
    failed = await bench.store.events(Query(name="gateway/delivery.failed"))
    assert len(failed) == 2


async def test_a_batch_that_is_gone_for_good_pauses_once(bench: Bench) -> None:
    await accept(bench, "a", "b", "c")
    bench.answers = [410]
    await bench.round()
    assert {state for _, state, _ in await ends(bench)} == {"dead"}
    assert len(await bench.store.events(Query(name="gateway/subscription.paused"))) == 1


async def test_a_lost_worker_counts_for_all_of_a_batch(bench: Bench) -> None:
    await accept(bench, "a", "b", "c")
    await bench.store.claim({"app": 1}, {"app": 1000}, NOW, "elsewhere:1:x")
    await bench.round(after=1)
    deliveries = await bench.store.deliveries(Query())
    assert [[a.error for a in await bench.store.attempts(d.delivery_id)] for d in deliveries] == [[LOST]] * 3
    await bench.round(after=5)
    assert await ends(bench) == [(id, "succeeded", 2) for id in "abc"]


async def test_a_stop_gives_a_batch_back(bench: Bench) -> None:
    await accept(bench, "a", "b", "c")
    bench.open.clear()
    await bench.step()
    await bench.worker.stop(0.01)
    deliveries = await bench.store.deliveries(Query())
    assert [(d.state, d.retries) for d in deliveries] == [("pending", 0)] * 3
    assert [[a.error for a in await bench.store.attempts(d.delivery_id)] for d in deliveries] == [
        [STOPPED]
    ] * 3
    bench.open.set()
    await bench.round(worker=bench.new_worker())
    assert await ends(bench) == [(id, "succeeded", 2) for id in "abc"]


async def test_without_batch_in_the_config_what_is_left_goes_one_by_one(bench: Bench) -> None:
    await accept(bench, "a", "b", "c")
    bench.configure()
    for _ in range(4):
        await bench.round()
    assert bench.got == ["a", "b", "c"]
    assert await ends(bench) == [(id, "succeeded", 1) for id in "abc"]
