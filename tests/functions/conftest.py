"""A worker with functions of the test's own, on a real store, with a clock that the test moves."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.config import load
from gateway.pipeline.worker import Worker
from gateway.running import Running
from gateway.store import Store, open_store
from gateway.store.records import Attempt, Delivery, Query, Stored
from tests.config.conftest import problems, settings, write
from tests.contract.conftest import NOW, candidate

_numbers = itertools.count()

SOURCES = "sources: {stripe: {adapter: stripe, secrets: [whsec_x]}}\n"
HEAD = "from gateway.functions import *\n\n\n"


@contextmanager
def modules() -> Iterator[Callable[[Path, str], str]]:
    """Writes modules, each under a name of its own; what was imported is forgotten at the end."""
    made: list[str] = []
    paths = list(sys.path)

    def write(folder: Path, text: str) -> str:
        made.append(f"functions_of_a_test_{next(_numbers)}")
        (folder / f"{made[-1]}.py").write_text(HEAD + text)
        return made[-1]

    yield write
    sys.path[:] = paths
    for name in made:
        sys.modules.pop(name, None)


class Bench:
    """A worker of one config, and what it made of its deliveries."""

    def __init__(self, store: Store, folder: Path, module: str, config: str, number: int) -> None:
        self.store = store
        self.now = NOW / 1000
        self.file = folder / "config.yaml"
        where = f'store: {{url: "sqlite:///gateway-{number}.db"}}\n'
        self.file.write_text(SOURCES + where + config.replace("MODULE", module))
        self.running = Running.of(load(self.file, {}))
        self.module = sys.modules.get(module, sys)
        self.worker = self.new_worker()

    def new_worker(self) -> Worker:
        """Another worker on the same store, as another process would have it."""
        return Worker(self.store, lambda: self.running, lambda: self.now, lambda: 0.5)

    async def accept(self, id: str = "evt_1", name: str = "stripe/customer.created", **more: Any) -> None:
        """An event, routed by the config."""
        made = candidate(id, name=name, at=round(self.now * 1000), **more)
        routed = self.running.router.route(made.event)
        to = {"subscriptions": routed.subscriptions, "orders": routed.orders, "waits": routed.waits}
        await self.store.accept([replace(made, **to)])

    async def round(self, after: float = 0.0, worker: Worker | None = None) -> None:
        """Let `after` seconds pass, do one round, and wait for what it started."""
        self.now += after
        worker = worker or self.worker
        worker._polled = 0.0
        await worker.step()
        lanes = worker._lanes
        while tasks := [task for lane in lanes.values() for task in lane.under_way.values()]:
            await asyncio.wait(tasks)
            await asyncio.sleep(0)

    async def delivery(self, subscription: str = "f") -> Delivery:
        """The newest delivery of a subscription."""
        return (await self.store.deliveries(Query(subscription=subscription)))[0]

    async def attempts(self, subscription: str = "f") -> list[Attempt]:
        """Its attempts."""
        return list(await self.store.attempts((await self.delivery(subscription)).delivery_id))

    async def sent(self) -> list[Stored]:
        """What functions have sent, the oldest first."""
        return list(await self.store.events(Query(source="api")))[::-1]


__all__ = ["problems", "settings", "write"]

Make = Callable[..., Awaitable[Bench]]

CONFIG = "functions: [MODULE]"


@asynccontextmanager
async def benches(folder: Path) -> AsyncIterator[Make]:
    """Makes benches in `folder`: `await make(code, config)`."""
    stores: list[tuple[Store, Bench]] = []
    with modules() as write:

        async def make(code: str, config: str = CONFIG) -> Bench:
            store = await open_store(folder / f"gateway-{len(stores)}.db")
            stores.append((store, Bench(store, folder, write(folder, code), config, len(stores))))
            return stores[-1][1]

        yield make
        for store, bench in stores:
            await bench.worker.stop(0)
            await store.close()


@pytest.fixture
async def make(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Make]:
    """Makes benches."""
    async with benches(tmp_path) as made:
        yield made
