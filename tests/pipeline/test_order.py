"""A worker and an order by key: what goes when, where deliveries fail."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.store.records import Query
from tests.contract.conftest import candidate
from tests.pipeline.conftest import Bench

pytestmark = pytest.mark.anyio

BY_ID = "order_by: event.v, order: {order}"


async def three(bench: Bench, order: str, schedule: str = "[5s]") -> None:
    """Three events of one key and one of another, for a subscription that keeps their order."""
    bench.configure(schedule=schedule, concurrency=f"4, {BY_ID.format(order=order)}")
    events = [replace(candidate(id, to=("app",)), orders={"app": id[0]}) for id in ("a1", "a2", "a3", "b1")]
    await bench.store.accept(events)


async def test_one_of_a_key_at_a_time_and_the_next_at_once(bench: Bench) -> None:
    await three(bench, "block")
    await bench.round()
    assert bench.got == ["a1", "b1"]
    await bench.worker._claim()
    await bench.settled()
    assert bench.got == ["a1", "b1", "a2"]


async def test_a_failing_delivery_blocks_its_key_until_it_is_dead(bench: Bench) -> None:
    await three(bench, "block")
    bench.answers = [500, 200, 500]
    for after in (0, 1, 5):
        await bench.round(after)
    assert bench.got == ["a1", "b1", "a1"]
    await bench.round()
    assert [d.state for d in await bench.store.deliveries(Query(source="stripe"))][::-1] == [
        "dead", "succeeded", "pending", "succeeded",
    ]  # fmt: skip
    assert bench.got[3:] == ["a2"]


async def test_a_failing_delivery_lets_the_next_go_where_it_is_skipped(bench: Bench) -> None:
    await three(bench, "skip")
    bench.answers = [500]
    for after in (0, 1, 1, 5):
        await bench.round(after)
    assert bench.got == ["a1", "b1", "a2", "a3", "a1"]


async def test_a_lost_worker_holds_its_key_until_its_lease_ends(bench: Bench) -> None:
    await three(bench, "block")
    now = round(bench.clock.now * 1000)
    await bench.store.claim({"app": 9}, {"app": 1000}, now, "elsewhere:1:x", {"app"})
    await bench.round()
    assert bench.got == []
    await bench.round(1)
    await bench.round(5)  # retries have one of four slots
    await bench.round()
    assert bench.got[0] == "a1"
    assert "b1" in bench.got
