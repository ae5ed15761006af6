"""A worker against a real store, with a clock and a subscriber of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.config import load
from gateway.destinations import Answer
from gateway.destinations.http import HttpDestination
from gateway.pipeline.worker import Worker
from gateway.running import Running
from gateway.store import Store, open_store
from gateway.store.records import Attempt, Claimed, Query
from tests.contract.conftest import NOW, candidate
from tests.destinations.conftest import subscriber

__all__ = ["subscriber"]

CONFIG = """
sources: {{stripe: {{adapter: stripe, secrets: [whsec_x]}}}}
subscriptions: {subscriptions}
"""
APP = """{{{name}: {{events: ["{events}"], concurrency: {concurrency}, breaker: {breaker}, {flow}
  retry: {{schedule: {schedule}, jitter: {jitter}}},
  destination: {{type: http, url: "http://127.0.0.1:9/{path}", timeout: 5s}}}}}}"""


class Clock:
    """Time that moves when the test says so. Unix seconds."""

    now = NOW / 1000

    def __call__(self) -> float:
        return self.now


class Bench:
    """A worker, its store, its config and its clock.

    `answers` are the subscriber's, one an attempt: a status, or a status and a Retry-After. Until `open` is
    set it keeps the worker waiting, for every event or, where there are some, for those in `slow`.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.clock = Clock()
        self.answers: list[int | None | tuple[int, str]] = []
        self.got: list[str] = []
        self.paths: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        self.slow: frozenset[str] = frozenset()
        self.at_once = self.most_at_once = 0
        self.configure()
        self.worker = self.new_worker()

    def new_worker(self) -> Worker:
        """Another worker on the same store, as another process would have it."""
        return Worker(self.store, lambda: self.running, self.clock, lambda: self.chance)

    def configure(self, chance: float = 0.5, **changed: object) -> None:
        """Put a config of one subscription in force; `name=""` for none."""
        values: dict[str, object] = {"name": "app", "events": "stripe/*", "concurrency": 2, "path": "hooks"}
        values |= {"schedule": "[5s, 60s]", "jitter": 0, "breaker": "null", "flow": ""} | changed
        text = CONFIG.format(subscriptions=APP.format(**values) if values["name"] else "{}")
        (self.folder / "config.yaml").write_text(text)
        self.running = Running.of(load(self.folder / "config.yaml", {}))
        self.chance = chance

    async def accept(self, count: int = 1, **more: object) -> None:
        """Events for the subscription, `e0` first."""
        await self.store.accept([candidate(f"e{n}", to=("app",), **more) for n in range(count)])  # type: ignore[arg-type]

    async def deliver(self, destination: HttpDestination, claimed: Claimed) -> Answer:
        """Stands in for the network, which is the subscriber's part, not ours."""
        self.got.append(claimed.event.id)
        self.paths.append(destination._text)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0)
            if not self.slow or claimed.event.id in self.slow:
                await self.open.wait()
        finally:
            self.at_once -= 1
        answer = self.answers.pop(0) if self.answers else 200
        status, retry_after = answer if isinstance(answer, tuple) else (answer, None)
        return Answer(
            1,
            status,
            None if status is not None and 200 <= status < 300 else "refused",
            retry_after=retry_after,
        )

    async def step(self, after: float = 0.0, worker: Worker | None = None) -> None:
        """Let `after` seconds pass and do one round; what it started has begun when this returns."""
        self.clock.now += after
        asked = worker or self.worker
        asked._polled = 0.0
        await asked.step()
        for _ in range(3):
            await asyncio.sleep(0)

    async def round(self, after: float = 0.0, worker: Worker | None = None) -> None:
        """A step, and wait for what it started."""
        await self.step(after, worker)
        await self.settled(worker)

    async def settled(self, worker: Worker | None = None) -> None:
        """Wait for all that is under way."""
        lanes = (worker or self.worker)._lanes
        while tasks := [task for lane in lanes.values() for task in lane.under_way.values()]:
            await asyncio.wait(tasks)
            await asyncio.sleep(0)

    async def state(self) -> tuple[str, int, int]:
        """Of the only delivery: state, attempts, ms from the start until it is due."""
        [delivery] = await self.store.deliveries(Query(source="stripe"))
        return delivery.state, delivery.attempts, delivery.due_at - NOW

    async def attempts(self) -> Sequence[Attempt]:
        """Of the only delivery."""
        [delivery] = await self.store.deliveries(Query(source="stripe"))
        return await self.store.attempts(delivery.delivery_id)


@asynccontextmanager
async def benched(folder: Path) -> AsyncIterator[Bench]:
    """A bench in `folder`, with deliveries that reach it instead of the network."""
    store = await open_store(folder / "gateway.db")
    made = Bench(store, folder)

    async def deliver(destination: HttpDestination, claimed: Claimed, _: float) -> Answer:
        return await made.deliver(destination, claimed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HttpDestination, "deliver", deliver)
        yield made
        made.open.set()
        await made.worker.stop(0)
        await store.close()


@pytest.fixture
async def bench(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Bench]:
    """A worker with one subscription."""
    async with benched(tmp_path) as made:
        yield made
