"""Rate limits, throttles and time-outs in a worker, on a clock of the test's own."""

from __future__ import annotations

from collections import Counter

import orjson
import pytest

from gateway.pipeline.admission import SWEEP
from gateway.store.records import Delivery, Query
from tests.contract.conftest import candidate
from tests.pipeline.conftest import Bench

pytestmark = pytest.mark.anyio


async def accept(bench: Bench, *ids: str, key: str = "a", ts: float | None = None) -> None:
    at = round(bench.clock.now * 1000)
    when = None if ts is None else round(ts * 1000)
    data = f'{{"key":"{key}"}}'
    await bench.store.accept([candidate(id, at=at, to=("app",), ts=when, data=data) for id in ids])


async def rounds(bench: Bench, seconds: float, step: float = 0.5) -> dict[float, int]:
    """Let time pass; how many attempts began in each second."""
    began: Counter[float] = Counter()
    for n in range(round(seconds / step)):
        before = len(bench.got)
        await bench.round(after=step if n else 0)
        began[n * step // 1] += len(bench.got) - before
    return dict(began)


async def ended(bench: Bench) -> dict[str, Delivery]:
    return {one.id: one for one in await bench.store.deliveries(Query(source="stripe"))}


async def told(bench: Bench, name: str = "gateway/delivery.cancelled") -> list[dict[str, object]]:
    found = await bench.store.events(Query(source="gateway", name=name))
    return [orjson.loads(each.event.data) for each in reversed(found)]


async def test_what_is_over_the_rate_limit_is_cancelled_and_says_so(bench: Bench) -> None:
    bench.configure(concurrency=10, flow="rate_limit: {limit: 2, period: 1m},")
    await accept(bench, "a", "b", "c")
    await bench.round()
    assert sorted(bench.got) == ["a", "b"]
    over = (await ended(bench))["c"]
    assert (over.state, over.attempts) == ("cancelled", 0)
    assert over.last_error == "over the rate limit of 2 in 1m"
    assert await told(bench) == []  # nobody has asked to be told
    await accept(bench, "d", ts=bench.clock.now + 61)
    await bench.round(after=61)
    assert bench.got[2:] == ["d"]


async def test_a_retry_is_no_new_delivery_for_a_rate_limit(bench: Bench) -> None:
    bench.configure(flow="rate_limit: {limit: 1, period: 1h},")
    bench.answers = [500]
    await accept(bench, "a")
    await bench.round()
    await bench.round(after=5)
    assert (bench.got, (await ended(bench))["a"].state) == (["a", "a"], "succeeded")


async def test_a_rate_limit_by_key_leaves_others_alone(bench: Bench) -> None:
    bench.configure(concurrency=10, flow="rate_limit: {limit: 1, period: 1h, key: event.data.key},")
    await accept(bench, "a1", "a2", key="a")
    await accept(bench, "b1", key="b")
    await bench.store.accept([candidate(id, to=("app",), data="{}") for id in ("n1", "n2")])
    await bench.round()
    assert sorted(bench.got) == ["a1", "b1", "n1", "n2"]  # without a key there is no limit


async def test_who_names_the_event_is_told_of_each_that_is_over(bench: Bench) -> None:
    bench.configure(events="gateway/*", concurrency=10, flow="rate_limit: {limit: 1, period: 1h},")
    await accept(bench, "a", "b")
    await bench.round()
    [one] = await told(bench)
    assert one["reason"] == "over the rate limit of 1 in 1h"


async def test_a_throttle_spreads_and_loses_nothing(bench: Bench) -> None:
    bench.configure(concurrency=10, flow="throttle: {limit: 2, period: 1s, burst: 1},")
    await accept(bench, *(f"e{n}" for n in range(9)))
    began = await rounds(bench, 5)
    assert began == {0: 2, 1: 2, 2: 2, 3: 2, 4: 1}
    assert [one.attempts for one in (await ended(bench)).values()] == [1] * 9
    assert bench.got == [f"e{n}" for n in range(9)]


async def test_a_burst_goes_at_once_and_then_the_rate_holds(bench: Bench) -> None:
    bench.configure(concurrency=10, flow="throttle: {limit: 1, period: 1s, burst: 3},")
    await accept(bench, *(f"e{n}" for n in range(6)))
    began = await rounds(bench, 5)
    assert began == {0: 3, 1: 1, 2: 1, 3: 1, 4: 0}


async def test_a_throttle_by_key_holds_up_that_key_alone(bench: Bench) -> None:
    bench.configure(concurrency=10, flow="throttle: {limit: 1, period: 1s, burst: 1, key: event.data.key},")
    await accept(bench, *(f"a{n}" for n in range(4)), key="a")
    await accept(bench, "b0", "b1", key="b")
    began = await rounds(bench, 5)
    assert began == {0: 2, 1: 2, 2: 1, 3: 1, 4: 0}
    assert [id for id in bench.got if id < "b"] == ["a0", "a1", "a2", "a3"]


async def test_two_workers_keep_one_throttle(bench: Bench) -> None:
    bench.configure(concurrency=10, flow="throttle: {limit: 1, period: 1s, burst: 1},")
    other = bench.new_worker()
    await accept(bench, *(f"e{n}" for n in range(4)))
    for n in range(4):
        await bench.round(after=1 if n else 0)
        await bench.round(worker=other)
        assert len(bench.got) == n + 1
    await other.stop(0)


async def test_a_throttle_holds_over_a_restart(bench: Bench) -> None:
    bench.configure(flow="throttle: {limit: 1, period: 1h, burst: 1},")
    await accept(bench, "a", "b")
    await bench.round()
    await bench.worker.stop(0)
    bench.worker = bench.new_worker()
    await bench.round(after=3599)
    assert bench.got == ["a"]
    await bench.round(after=1)
    assert bench.got == ["a", "b"]


async def test_under_a_throttle_retries_and_first_attempts_take_turns(bench: Bench) -> None:
    bench.configure(concurrency=10, schedule="[1s]")
    bench.answers = [500] * 4
    await accept(bench, *(f"r{n}" for n in range(4)))
    await bench.round()
    bench.configure(concurrency=10, flow="throttle: {limit: 1, period: 1s, burst: 1},")
    bench.got.clear()
    bench.clock.now += 1
    await accept(bench, *(f"e{n}" for n in range(3)))
    await rounds(bench, 6, step=1)
    assert [id[0] for id in bench.got] == ["r", "e", "r", "e", "r", "e"]


async def test_what_did_not_start_in_time_is_cancelled_and_told(bench: Bench) -> None:
    bench.configure(flow="timeouts: {start: 1h},")
    await accept(bench, "e")
    await bench.round(after=3600)
    late = (await ended(bench))["e"]
    assert (late.state, late.attempts, late.last_error) == (
        "cancelled",
        0,
        "timed out: it did not start within 1h",
    )
    [one] = await told(bench)
    assert (one["reason"], one["function_id"], one["attempts"]) == (late.last_error, "app", 0)
    assert bench.got == []


async def test_a_start_that_was_in_time_lets_it_be_retried_until_the_finish(bench: Bench) -> None:
    bench.configure(schedule="[1h, 1h, 1h]", flow="timeouts: {start: 10m, finish: 90m},")
    bench.answers = [500] * 3
    await accept(bench, "e")
    await bench.round()
    await bench.round(after=3600)
    assert len(bench.got) == 2
    await bench.round(after=3600)
    late = (await ended(bench))["e"]
    assert (late.state, late.attempts) == ("cancelled", 2)
    assert late.last_error == "timed out: it did not finish within 1h30m"


async def test_a_delayed_event_has_its_time_from_when_it_is_due(bench: Bench) -> None:
    bench.configure(flow="timeouts: {start: 1h},")
    await accept(bench, "e", ts=bench.clock.now + 7200)
    await bench.round(after=7201)
    assert bench.got == ["e"]


async def test_what_waits_for_a_paused_subscription_times_out_without_it(bench: Bench) -> None:
    bench.configure(flow="timeouts: {start: 1m},")
    await bench.store.pause("app", "by hand", 0)
    await accept(bench, "e")
    await bench.round(after=59)
    assert (await ended(bench))["e"].state == "pending"
    await bench.round(after=1 + SWEEP / 1000)
    assert (await ended(bench))["e"].state == "cancelled"
