"""Whatever breaks, wherever: a finished step is never done again, and nothing is sent twice or lost."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.pipeline.lane import LEASE_MARGIN
from gateway.store import StoreUnavailable
from gateway.store.steps import NewStep
from tests.functions.conftest import Bench, benches

pytestmark = pytest.mark.anyio

CODE = """
done = []

async def work(n):
    done.append(n)
    return n

@function(id="f", events=["stripe/*"], retries=["1s"] * 60, timeout="5s")
async def f(event, ctx):
    a = await ctx.step("work", work, 1)
    await ctx.send(Event("shop/first.sent", {"a": a}))
    b, c = await ctx.parallel(ctx.step("work", work, 2), ctx.step("work", work, 3))
    await ctx.sleep("1m")
    await ctx.step("last", work, 4)
    await ctx.send(Event("shop/second.sent"), Event("shop/third.sent"))
    return [a, b, c]
"""

FAULTS = ("none", "before", "after", "lost", "cut")
"""What can happen to a write of a step.

`before`: the store fails, nothing is on disk. `after`: it is on disk, and the attempt hears of an error.
`lost`: it is on disk, and the process is gone. `cut`: the process is gone before anything is on disk.
"""


class Gone(BaseException):
    """The process is no more: nothing is settled, the lease runs out."""


class Faulty:
    """The steps of a store with faults, one for each write, then none."""

    def __init__(self, bench: Bench, faults: list[str]) -> None:
        self.steps = bench.store.steps
        self.faults = faults
        self.is_gone = False
        self.finished: list[str] = []
        self.broken = 0

    async def of(self, event_id: str, run_id: str) -> Any:
        return await self.steps.of(event_id, run_id)

    async def keep(self, new: NewStep) -> str | None:
        fault = self.faults.pop(0) if self.faults else "none"
        if self.is_gone or fault in ("before", "cut"):
            self.is_gone = self.is_gone or fault == "cut"
            self.broken += 1
            raise StoreUnavailable("before")
        kept = await self.steps.keep(new)
        self.finished.append(new.key)
        if fault in ("after", "lost"):
            self.is_gone = fault == "lost"
            raise StoreUnavailable("after")
        return kept


class Store:
    """The store of a process, which can be gone before an attempt is settled."""

    def __init__(self, bench: Bench, faulty: Faulty) -> None:
        self._store = bench.store
        self.steps = faulty

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._store, name)  # type: ignore[no-any-return]

    async def settle(self, settlement: Any) -> bool:
        if self.steps.is_gone:
            raise StoreUnavailable("the process is gone")
        return await self._store.settle(settlement)


async def live(folder: Path, faults: list[str]) -> tuple[Bench, Faulty, str, list[str]]:
    """One run, with a new process after each that is gone."""
    async with benches(folder) as make:
        bench = await make(CODE)
        faulty = Faulty(bench, faults)
        real, bench.store = bench.store, Store(bench, faulty)  # type: ignore[assignment]
        bench.worker = bench.new_worker()
        await bench.accept()
        for _ in range(60):
            bench.now = max(bench.now, (await bench.delivery()).due_at / 1000)
            await bench.round()
            if faulty.is_gone:
                faulty.is_gone = False
                bench.now += 5 + LEASE_MARGIN  # until its lease is over
                bench.worker = bench.new_worker()
            if (await bench.delivery()).state != "pending":
                break
        bench.store = real
        state, response = (await bench.delivery()).state, (await bench.attempts())[-1].response
        assert response == "[1,2,3]", await bench.attempts()
        return bench, faulty, state, sorted(each.event.name for each in await bench.sent())


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(FAULTS), max_size=14))
def test_no_crash_does_a_finished_step_again_or_sends_twice(faults: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench, faulty, state, sent = asyncio.run(live(Path(folder), list(faults)))
    assert state == "succeeded"
    assert sent == ["shop/first.sent", "shop/second.sent", "shop/third.sent"]
    assert len(faulty.finished) == len(set(faulty.finished))  # none was kept, and then done once more
    assert {*bench.module.done} == {1, 2, 3, 4}
    assert len(bench.module.done) <= 4 + faulty.broken  # again only where its result never came to disk
