"""A running worker acts when there is something to do, not when it next polls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from tests.contract.conftest import candidate
from tests.pipeline.conftest import Bench

pytestmark = pytest.mark.anyio


@pytest.fixture
async def running(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A bench whose worker runs on the real clock and looks for deliveries of other processes never."""
    monkeypatch.setattr("gateway.pipeline.worker.POLL", 60.0)
    bench.worker._clock = time.time
    bench.configure(events="**", schedule="[50ms]", concurrency=8)
    task = asyncio.create_task(bench.worker.run())
    await asyncio.sleep(0.02)
    yield bench
    await bench.worker.stop(1)
    await task


async def accept(bench: Bench, count: int = 1) -> None:
    """Events of now, and the word of them that ingest gives."""
    now = round(time.time() * 1000)
    await bench.store.accept([candidate(f"e{n}", at=now, to=("app",)) for n in range(count)])
    bench.worker.wake(["app"])


async def got(bench: Bench, count: int) -> None:
    """Wait until the subscriber got so many."""
    async with asyncio.timeout(3):
        while len(bench.got) < count:
            await asyncio.sleep(0.002)


async def test_what_is_accepted_is_delivered_at_once(running: Bench) -> None:
    await accept(running)
    await got(running, 1)


async def test_a_retry_is_made_when_it_is_due(running: Bench) -> None:
    running.answers = [500]
    await accept(running)
    await got(running, 1)
    began = time.monotonic()
    await got(running, 2)
    assert 0.03 < time.monotonic() - began < 1


async def test_a_system_event_is_delivered_at_once(running: Bench) -> None:
    running.answers = [500, 500]
    await accept(running)
    await got(running, 3)
    assert running.got[:2] == ["e0", "e0"]


async def test_a_single_free_slot_is_used(running: Bench) -> None:
    running.slow = frozenset(f"e{n}" for n in range(7))
    running.open.clear()
    await accept(running, 20)
    await got(running, 20)
    assert running.most_at_once == 8
    running.open.set()
