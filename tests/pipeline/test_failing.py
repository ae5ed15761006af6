"""A subscriber that is failing: told once an episode, well before its deliveries are dead."""

from __future__ import annotations

import pytest

from gateway.pipeline.failing import Failing
from gateway.store.records import Query
from tests.contract.conftest import candidate
from tests.pipeline.conftest import Bench

# attempts, s or f, and h where an hour passes -> whether it is failing at the end
SEEN = [
    ("ffff", False),  # four say too little
    ("fffff", True),
    ("sfsfsf", True),  # half of them
    ("sssfff", True),
    ("ssssfff", False),  # less than half
    ("fhfhfhfhf", True),  # one an hour, all fail
    ("fhfhshfhf", False),  # one of them succeeded
    ("fffffh", True),  # nothing came since
    ("fffffhs", False),
]


@pytest.mark.parametrize(("seen", "failing"), SEEN)
def test_who_is_failing(seen: str, failing: bool) -> None:
    counted, now = Failing(), 1000.0
    for each in seen:
        now += 3600 if each == "h" else 0.1
        if each != "h":
            counted.attempted(each == "s", now)
    assert (counted.why(now) is not None) == failing


pytestmark = pytest.mark.anyio


async def told(bench: Bench) -> list[str]:
    found = await bench.store.events(Query(source="gateway", name="gateway/subscription.failing"))
    return [each.event.data for each in found]


async def attempt(bench: Bench, name: str, count: int = 5, status: int = 500) -> None:
    bench.answers = [status] * count
    await bench.store.accept([candidate(f"{name}{n}", to=("app",)) for n in range(count)])
    for _ in range(count):
        await bench.round()


async def test_a_failing_subscriber_is_told_before_anything_is_dead_and_once(bench: Bench) -> None:
    bench.configure(schedule="[1h, 1h]")
    await attempt(bench, "a")
    assert await told(bench) == ['{"function_id":"app","reason":"5 of 5 attempts failed within 5m"}']
    assert await bench.store.deliveries(Query(state="dead")) == []
    await attempt(bench, "b")
    assert (len(bench.got), len(await told(bench))) == (10, 1)


async def test_one_that_is_well_again_may_fail_again(bench: Bench) -> None:
    bench.configure(schedule="[100h]")
    await attempt(bench, "a")
    bench.clock.now += 400
    await attempt(bench, "b", count=1, status=200)
    assert await bench.store.health.all() == []
    await attempt(bench, "c")
    assert len(await told(bench)) == 2


async def test_a_failure_to_deliver_a_system_event_tells_of_none(bench: Bench) -> None:
    bench.configure(events="gateway/*", schedule="[1h]")
    bench.answers = [500] * 5
    system = [candidate(f"e{n}", to=("app",), source="gateway", name="gateway/x") for n in range(5)]
    await bench.store.accept(system)
    for _ in range(5):
        await bench.round()
    assert await told(bench) == []
    assert [each.failing for each in await bench.store.health.all()] == ["5 of 5 attempts failed within 5m"]
