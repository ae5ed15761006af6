"""A subscription that a reload changes, removes or brings back while deliveries are under way."""

from __future__ import annotations

import asyncio

import pytest

from gateway.config.subscription import Subscription
from gateway.destinations import connections
from gateway.pipeline.lane import LEASE_MARGIN, Lane
from gateway.store.records import Query
from tests.contract.conftest import NOW, candidate
from tests.destinations.conftest import Socket, claimed
from tests.pipeline.conftest import Bench

pytestmark = pytest.mark.anyio


async def test_a_changed_subscription_keeps_to_its_concurrency(bench: Bench) -> None:
    bench.open.clear()
    await bench.accept(6)
    await bench.step()
    for path in ("a", "b"):
        bench.configure(path=path)
        await bench.step()
    assert bench.most_at_once == 2
    bench.open.set()
    await bench.settled()
    for _ in range(2):
        await bench.round()
    assert (len(set(bench.got)), bench.most_at_once) == (6, 2)
    assert [path[-5:] for path in bench.paths] == ["hooks"] * 2 + ["1:9/b"] * 4


async def test_a_subscription_with_fewer_slots_waits_until_it_has_one(bench: Bench) -> None:
    bench.open.clear()
    await bench.accept(4)
    await bench.step()
    bench.configure(concurrency=1)
    await bench.step()
    assert bench.at_once == 2
    bench.open.set()
    await bench.settled()
    bench.most_at_once = 0
    await bench.round()
    await bench.round()
    assert (len(set(bench.got)), bench.most_at_once) == (4, 1)


async def test_a_subscription_with_more_slots_uses_them_at_once(bench: Bench) -> None:
    bench.open.clear()
    await bench.accept(6)
    await bench.step()
    bench.configure(concurrency=5)
    await bench.step()
    assert bench.at_once == 5


async def test_a_removed_subscription_finishes_and_takes_no_more(bench: Bench) -> None:
    bench.open.clear()
    await bench.accept(3)
    await bench.step()
    bench.configure(name="")
    await bench.step()
    bench.open.set()
    await bench.settled()
    await bench.round()
    states = sorted(d.state for d in await bench.store.deliveries(Query()))
    assert (states, bench.worker._lanes) == (["pending", "succeeded", "succeeded"], {})


async def test_a_subscription_that_comes_back_still_counts_what_is_under_way(bench: Bench) -> None:
    bench.open.clear()
    await bench.accept(4)
    await bench.step()
    bench.configure(name="")
    await bench.step()
    bench.configure()
    await bench.step()
    assert bench.at_once == 2
    bench.open.set()
    await bench.settled()
    await bench.round()
    assert sorted(bench.got) == ["e0", "e1", "e2", "e3"]


async def test_the_new_schedule_decides_on_an_attempt_under_way(bench: Bench) -> None:
    bench.open.clear()
    bench.answers = [500]
    await bench.accept()
    await bench.step()
    bench.configure(schedule="[30s]")
    await bench.step()
    bench.open.set()
    await bench.settled()
    assert await bench.state() == ("pending", 1, 30_000)


async def test_leases_that_a_removed_subscription_left_behind_hold_up_no_other(bench: Bench) -> None:
    for _ in range(2):
        await bench.store.accept([candidate(f"{n}", to=("former",)) for n in range(100)])
    await bench.store.claim({"former": 100}, {"former": 1000}, NOW, "elsewhere:1:x")
    await bench.accept()
    await bench.store.claim({"app": 1}, {"app": 2000}, NOW, "elsewhere:1:x")
    await bench.round(after=5 + LEASE_MARGIN)
    await bench.round()
    await bench.round(after=5)
    assert bench.got == ["e0"]
    former = await bench.store.deliveries(Query(subscription="former", limit=200))
    assert {(d.state, d.leased_until, d.retries) for d in former} == {("pending", None, 0)}


def subscription(subscriber: Socket, timeout: str = "5s") -> Subscription:
    destination = {"type": "http", "url": subscriber.url, "timeout": timeout}
    return Subscription.model_validate({"events": ["**"], "destination": destination})


async def closed(subscriber: Socket) -> None:
    """Wait until the subscriber sees no open connection."""
    async with asyncio.timeout(2):
        while subscriber.open_now:
            await asyncio.sleep(0.005)


async def test_a_changed_lane_closes_the_connections_it_had(subscriber: Socket) -> None:
    lane = Lane.of(subscription(subscriber))
    await lane.destination.deliver(claimed(), 0.0)
    task = asyncio.create_task(asyncio.sleep(0))
    lane.under_way = {"d1": task}
    lane.follow(subscription(subscriber, "6s"))
    await lane.tidy()
    assert subscriber.open_now == 1
    await task
    await lane.tidy()
    await closed(subscriber)


async def test_an_idle_lane_closes_its_connections(
    subscriber: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = Lane.of(subscription(subscriber))
    await lane.destination.deliver(claimed(), 0.0)
    await lane.tidy()
    assert subscriber.open_now == 1
    later = connections.now() + connections.KEPT_OPEN
    monkeypatch.setattr(connections, "now", lambda: later)
    await lane.tidy()
    await closed(subscriber)
