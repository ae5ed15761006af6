"""Whatever crashes, whatever fails, wherever the clock jumps: in order, nothing lost, nothing ended twice.

A run is random: several workers on one real store, whose operations fail before or after they are done, a
clock that jumps both ways, subscribers that refuse or do not answer, and workers that are gone between an
attempt and its settlement. What happens goes by a seed, which a failure names: GATEWAY_SEED=7 runs that one
again, and GATEWAY_RUNS=500 as many new ones.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Awaitable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.config import load
from gateway.destinations import Answer
from gateway.destinations.http import HttpDestination
from gateway.pipeline.worker import Worker
from gateway.running import Running
from gateway.store import Store, StoreError, StoreUnavailable, open_store
from gateway.store.records import Candidate, Claimed, Delivery, Query
from tests.contract.conftest import DAY, NOW, candidate

SECOND = 1000
TICKS, EVENTS, WORKERS = 120, 30, 3
FAULTS, REFUSALS, CRASHES, HANGS, JUMPS = 0.06, 0.25, 0.04, 0.03, 0.05

TO = 'destination: {type: http, url: "http://127.0.0.1:9/", timeout: 5s}'
RETRY = "concurrency: 3, retry: {schedule: [1s, 5s, 5s, 20s, 20s, 1m], jitter: 0.2}"
CONFIG = f"""
sources: {{stripe: {{adapter: stripe, secrets: [whsec_x]}}}}
subscriptions:
  plain: {{events: ["stripe/*"], {RETRY}, {TO}}}
  ordered: {{events: ["stripe/*"], order_by: event.data.key, {RETRY}, {TO}}}
  once: {{events: ["stripe/*"], idempotency: event.data.key, {RETRY}, {TO}}}
  latest: {{events: ["stripe/*"], debounce: {{period: 30s, key: event.data.key, timeout: 2m}}, {RETRY}, {TO}}}
  many: {{events: ["stripe/*"], batch: {{size: 4, timeout: 10s, key: event.data.key}}, {RETRY}, {TO}}}
  ends: {{events: ["gateway/delivery.finished"], {RETRY}, {TO}}}
"""
ATTEMPTS = 7
"""By the schedule above; the last that fails ends a delivery."""


class Flaky:
    """A store as one worker sees it: any operation may fail, before or after; once it is `gone`, all do."""

    def __init__(self, store: Store, chance: random.Random) -> None:
        self._store, self._chance = store, chance
        self.faults, self.gone = FAULTS, False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name not in ("accept", "claim", "expired", "settle"):
            return found

        async def flaky(*values: Any) -> Any:
            self._fail()
            done = await found(*values)
            self._fail()
            return done

        return flaky

    def _fail(self) -> None:
        if self.gone or self._chance.random() < self.faults:
            raise StoreUnavailable("a fault of the simulation")


@dataclass
class Run:
    """One random run. `tries` are the attempts that reached a subscriber, in order."""

    store: Store
    seed: int
    running: Running
    now: float = NOW / 1000
    accepted: list[str] = field(default_factory=list)
    tries: dict[str, list[tuple[str | None, list[str], bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    workers: list[tuple[Worker, Flaky]] = field(default_factory=list)
    hung: asyncio.Event = field(default_factory=asyncio.Event)
    faulty: bool = True

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.workers = [self.new_worker() for _ in range(WORKERS)]
        self.sender = Flaky(self.store, self.chance)

    def new_worker(self) -> tuple[Worker, Flaky]:
        store: Any = Flaky(self.store, self.chance)
        return Worker(store, lambda: self.running, lambda: self.now, self.chance.random), store

    def happens(self, share: float) -> bool:
        return self.faulty and self.chance.random() < share

    async def deliver(self, claimed: Claimed) -> Answer:
        """The subscriber: takes it, refuses it, or hangs until it is let go."""
        refused = self.happens(REFUSALS)
        members = [each.event.id for each in (claimed, *claimed.others)]
        self.tries[claimed.delivery.subscription].append((claimed.delivery.batch_id, members, not refused))
        if self.happens(HANGS):
            await self.hung.wait()
        await asyncio.sleep(0)
        return Answer(1, 500 if refused else 200, "refused" if refused else None)

    async def send(self) -> None:
        """A provider sends an event again until somebody has it."""
        number = len(self.accepted)
        data = orjson.dumps({"key": self.chance.choice("abc")}).decode()
        asked = candidate(f"e{number:03}", at=round(self.now * 1000), ts=NOW + number, data=data, window=DAY)
        routed = self.running.router.route(asked.event)
        made = Candidate(
            asked.event, asked.digest, routed.subscriptions, asked.key, asked.window, asked.reception,
            routed.orders, routed.verdicts, terms=routed.terms,
        )  # fmt: skip
        while True:
            with suppress(StoreUnavailable):
                await self.sender.accept([made])
                break
        self.accepted.append(asked.event.id)

    async def step(self, worker: Worker) -> None:
        worker._polled = 0.0
        with suppress(StoreError):
            await worker.step()
        for _ in range(3):
            await asyncio.sleep(0)

    async def crash(self, number: int) -> None:
        """A process is gone: what it has under way is neither settled nor given back."""
        worker, store = self.workers[number]
        store.gone = True
        await worker.stop(0)
        self.workers[number] = self.new_worker()

    async def tick(self) -> None:
        if len(self.accepted) < EVENTS and self.happens(0.4):
            await self.send()
        await self.step(self.chance.choice(self.workers)[0])
        self.now += self.chance.choice([0, 0, 1, 5, 20])
        if self.happens(JUMPS):
            self.now += self.chance.uniform(-600, 600)
        if self.happens(CRASHES):
            await self.crash(self.chance.randrange(WORKERS))
        if self.happens(0.1):
            self.hung.set()
            self.hung = asyncio.Event()

    async def drain(self) -> None:
        """Nothing fails any more: now everything has to come to its end."""
        self.faulty = False
        self.sender.faults = 0
        for _, store in self.workers:
            store.faults = 0
        self.hung.set()
        while len(self.accepted) < EVENTS:
            await self.send()
        self.now = max(self.now, NOW / 1000) + 3600
        for _ in range(60):
            if not sum((await self.store.waiting()).values()) and not await self.store.owners():
                return
            self.now += 30
            for worker, _ in self.workers:
                await self.step(worker)
                await under_way(worker)
        raise AssertionError(f"these never end: {await self.store.backlog(round(self.now * 1000))}")

    async def deliveries(self, subscription: str) -> list[Delivery]:
        found = await self.store.deliveries(Query(subscription=subscription, limit=10_000))
        return list(found)[::-1]


async def under_way(worker: Worker) -> None:
    while tasks := [task for lane in worker._lanes.values() for task in lane.under_way.values()]:
        await asyncio.wait(tasks)
        await asyncio.sleep(0)


async def simulate(folder: Path, seed: int) -> None:
    (folder / "config.yaml").write_text(CONFIG)
    store = await open_store(folder / "gateway.db")
    run = Run(store, seed, Running.of(load(folder / "config.yaml", {})))

    async def deliver(_: HttpDestination, claimed: Claimed, __: float) -> Answer:
        return await run.deliver(claimed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HttpDestination, "deliver", deliver)
        try:
            for _ in range(TICKS):
                await run.tick()
            await run.drain()
            await check(run)
        finally:
            run.hung.set()
            for worker, _ in run.workers:
                await worker.stop(0)
            await store.close()


async def check(run: Run) -> None:
    stored = await run.store.events(Query(source="stripe", limit=1000))
    assert sorted(one.event.id for one in stored) == run.accepted, "each event is stored once"
    key = {one.event.id: orjson.loads(one.event.data)["key"] for one in stored}
    for name in ("plain", "ordered", "many"):
        deliveries = await run.deliveries(name)
        assert [delivery.id for delivery in deliveries] == run.accepted, f"{name} has one of each"
        await ended_well(run, name, deliveries)
    check_order(run, key)
    check_batches(run)
    first = {key[id]: id for id in reversed(run.accepted)}
    assert {delivery.id for delivery in await run.deliveries("once")} == set(first.values())
    await ended_well(run, "once", await run.deliveries("once"))
    await check_latest(run, key)
    await check_ends(run)


async def ended_well(run: Run, name: str, deliveries: list[Delivery]) -> None:
    """What succeeded was taken, what is dead had every attempt, and nothing else is left."""
    taken = {id for _, members, ok in run.tries[name] if ok for id in members}
    for delivery in deliveries:
        attempts = await run.store.attempts(delivery.delivery_id)
        numbers = [attempt.number for attempt in attempts]
        assert numbers == sorted(set(numbers)) and numbers[-1] == delivery.attempts, (name, delivery, numbers)
        if delivery.state == "succeeded":
            assert delivery.id in taken, f"{name} never had {delivery.id}"
        else:
            assert delivery.state == "dead" and len(attempts) >= ATTEMPTS, (name, delivery)


def check_order(run: Run, key: dict[str, str]) -> None:
    """Once a later event of a key is tried, an earlier one never is again."""
    for each in "abc":
        tried = [members[0] for _, members, _ in run.tries["ordered"] if key[members[0]] == each]
        assert tried == sorted(tried), f"key {each} was tried in the order {tried}"


def check_batches(run: Run) -> None:
    """A batch has the same members at every attempt, and no event is in two."""
    batches: dict[str | None, set[tuple[str, ...]]] = defaultdict(set)
    for id, members, _ in run.tries["many"]:
        batches[id].add(tuple(sorted(members)))
    assert all(len(seen) == 1 for seen in batches.values()), batches
    counted = Counter(id for (members,) in batches.values() for id in members)
    assert set(counted.values()) <= {1} and None not in batches


async def check_latest(run: Run, key: dict[str, str]) -> None:
    """Of each key the last is delivered; those that were not gave way before they were tried."""
    deliveries = await run.deliveries("latest")
    assert [delivery.id for delivery in deliveries] == run.accepted
    for each in set(key.values()):
        assert [d for d in deliveries if key[d.id] == each][-1].state != "cancelled"
    gave_way = [delivery for delivery in deliveries if delivery.state == "cancelled"]
    assert all("debounced" in (d.last_error or "") and d.attempts == 0 for d in gave_way)
    await ended_well(run, "latest", [d for d in deliveries if d.state != "cancelled"])


async def check_ends(run: Run) -> None:
    """Every delivery of an event that ended by an attempt said so once."""
    told = [
        one.event for one in await run.store.events(Query(name="gateway/delivery.finished", limit=10_000))
    ]
    ended = [
        delivery.delivery_id
        for name in ("plain", "ordered", "once", "latest", "many")
        for delivery in await run.deliveries(name)
        if delivery.state != "cancelled"
    ]
    assert sorted(orjson.loads(event.data)["run_id"] for event in told) == sorted(ended)
    assert len(await run.deliveries("ends")) == len(ended)


def seeds() -> Iterator[int]:
    if "GATEWAY_SEED" in os.environ:
        yield int(os.environ["GATEWAY_SEED"])
        return
    yield from (1, 2)
    yield from (random.randrange(10**9) for _ in range(int(os.environ.get("GATEWAY_RUNS", "1"))))


def test_nothing_is_lost_doubled_or_out_of_order(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")
    for seed in seeds():
        print(f"GATEWAY_SEED={seed}")
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(limited(simulate(Path(folder), seed)))


async def limited(run: Awaitable[None]) -> None:
    async with asyncio.timeout(300):
        await run
