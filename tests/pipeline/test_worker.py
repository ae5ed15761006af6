"""The worker against a real store and a subscriber in the same process, with a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.config import load
from gateway.destinations.http import Answer, HttpDestination
from gateway.pipeline.owner import this_process, vanished
from gateway.pipeline.worker import LOST, Worker
from gateway.running import Running
from gateway.store import Store, open_store
from gateway.store.records import Claimed, Query
from tests.contract.conftest import NOW, candidate

pytestmark = pytest.mark.anyio

CONFIG = """
sources: {stripe: {adapter: stripe, secrets: [whsec_x]}}
subscriptions:
  app:
    events: ["stripe/*"]
    concurrency: 2
    retry: {schedule: [5s, 60s], jitter: 0}
    destination: {type: http, url: "http://127.0.0.1:9/hooks", timeout: 5s}
"""


class Clock:
    """Time that moves when the test says so. Unix seconds."""

    now = NOW / 1000

    def __call__(self) -> float:
        return self.now


class Bench:
    """A worker, its store and its clock; `answers` are what the subscriber says, one an attempt."""

    def __init__(self, store: Store, running: Running) -> None:
        self.store = store
        self.clock = Clock()
        self.answers: list[int | None] = []
        self.got: list[str] = []
        self.worker = Worker(store, lambda: running, self.clock, lambda: 0.5)

    async def deliver(self, claimed: Claimed, _: float) -> Answer:
        """Stands in for the network, which is the subscriber's part, not ours."""
        self.got.append(claimed.event.id)
        status = self.answers.pop(0) if self.answers else 200
        return Answer(1, status, None if status == 200 else "refused")

    async def round(self, after: float = 0.0) -> None:
        """Let `after` seconds pass, then do one round and wait for what it started."""
        self.clock.now += after
        self.worker._polled = 0.0
        await self.worker.step()
        while tasks := [t for lane in self.worker._lanes.values() for t in lane.under_way.values()]:
            await asyncio.wait(tasks)
            await asyncio.sleep(0)


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, anyio_backend: str) -> AsyncIterator[Bench]:
    """A worker with one subscription."""
    (tmp_path / "config.yaml").write_text(CONFIG)
    store = await open_store(tmp_path / "gateway.db")
    made = Bench(store, Running.of(load(tmp_path / "config.yaml", {})))
    monkeypatch.setattr(HttpDestination, "deliver", lambda _, claimed, now: made.deliver(claimed, now))
    yield made
    await made.worker.stop(0)
    await store.close()


async def state(bench: Bench) -> tuple[str, int, int]:
    [delivery] = await bench.store.deliveries(Query(source="stripe"))
    return delivery.state, delivery.attempts, delivery.due_at - NOW


async def test_a_failed_delivery_waits_for_its_place_in_the_schedule(bench: Bench) -> None:
    bench.answers = [500, 500, 200]
    await bench.store.accept([candidate(to=("app",))])
    await bench.round()
    assert await state(bench) == ("pending", 1, 5_000)
    await bench.round(after=4.9)
    assert await state(bench) == ("pending", 1, 5_000)
    await bench.round(after=0.1)
    assert await state(bench) == ("pending", 2, 65_000)
    await bench.round(after=60)
    assert (await state(bench))[:2] == ("succeeded", 3)


async def test_a_used_up_schedule_is_a_dead_letter(bench: Bench) -> None:
    bench.answers = [None, None, None]
    await bench.store.accept([candidate(to=("app",))])
    for wait in (0, 5, 60):
        await bench.round(after=wait)
    assert (await state(bench))[:2] == ("dead", 3)
    [failed] = await bench.store.events(Query(source="gateway"))
    assert failed.event.name == "gateway/delivery.failed"


async def test_a_lost_worker_counts_as_a_failed_attempt(bench: Bench) -> None:
    await bench.store.accept([candidate(to=("app",))])
    await bench.store.claim({"app": 1}, {"app": 20_000}, NOW, "elsewhere:1:x")
    await bench.round(after=19)
    assert bench.got == []
    await bench.round(after=1)
    assert await state(bench) == ("pending", 1, 25_000)
    [delivery] = await bench.store.deliveries(Query())
    assert [a.error for a in await bench.store.attempts(delivery.delivery_id)] == [LOST]
    await bench.round(after=5)
    assert (await state(bench))[:2] == ("succeeded", 2)


async def test_a_delivery_that_always_loses_its_worker_dies_in_the_end(bench: Bench) -> None:
    await bench.store.accept([candidate(to=("app",))])
    for _ in range(3):
        now = round(bench.clock.now * 1000)
        await bench.store.claim({"app": 1}, {"app": 1000}, now, "elsewhere:1:x")
        bench.clock.now += 1
        expired = await bench.store.expired(round(bench.clock.now * 1000))
        assert len(expired) == 1
        await bench.round()
        bench.clock.now += 60
    assert (await state(bench))[0] == "dead"
    assert bench.got == []


async def test_a_worker_never_takes_more_than_its_slots(bench: Bench) -> None:
    await bench.store.accept([candidate(f"e{n}", to=("app",)) for n in range(5)])
    await bench.worker.step()
    assert len(bench.worker._lanes["app"].under_way) == 2


async def test_a_lease_of_a_vanished_process_ends_at_the_start(bench: Bench) -> None:
    owner = this_process().rsplit(":", 1)[0] + ":another"
    await bench.store.accept([candidate(to=("app",))])
    await bench.store.claim({"app": 1}, {"app": 20_000}, NOW, owner)
    await bench.worker.recover()
    await bench.round()
    assert await state(bench) == ("pending", 1, 5_000)


def test_only_processes_of_this_machine_are_known_to_be_gone() -> None:
    host, number, _ = this_process().rsplit(":", 2)
    assert not vanished(this_process())
    assert vanished(f"{host}:{number}:other")
    assert vanished(f"{host}:4194305:x")
    assert not vanished(f"{host}:1:x")
    assert not vanished("another-machine:4194305:x")
