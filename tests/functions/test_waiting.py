"""ctx.wait_for: a run waits for another event in the store alone, and goes on with it, or without one."""

# ruff: noqa: E501 (code and messages, each on a line of its own)

from __future__ import annotations

import pytest

from gateway.following import Follower
from gateway.store.records import Query
from tests.functions.conftest import Bench, Make

pytestmark = pytest.mark.anyio

ON = '@function(id="f", events=["shop/order.created"])\n'
PAID = "'shop/order.paid', 'event.data.order == async.data.order', '1h'"
SAYS = "    return None if paid is None else paid.data['by']\n"

KINDS = [
    f"async def f(event, ctx):\n    paid = await ctx.wait_for({PAID})\n{SAYS}",
    f"def f(event, ctx):\n    paid = ctx.wait_for({PAID})\n{SAYS}",
]


async def order(bench: Bench, number: int = 1) -> None:
    """An order, and the first attempt of its run."""
    await bench.accept(f"order_{number}", "shop/order.created", data=f'{{"order":{number}}}')
    await bench.round()


async def paid(bench: Bench, number: int = 1, name: str = "shop/order.paid", after: float = 0.0) -> None:
    """Another event, that somebody follows, and a round."""
    bench.now += after
    await bench.accept(f"paid_{number}_{bench.now}", name, data=f'{{"order":{number},"by":"card"}}')
    await later(bench)


async def later(bench: Bench, after: float = 0.0) -> None:
    """A look at what has arrived and whose time is over, and a round."""
    bench.now += after
    follower = Follower(bench.store, lambda: bench.running, bench.worker.wake, lambda: bench.now)
    await follower.step()
    await follower.look_around()
    await bench.round()


@pytest.mark.parametrize("code", KINDS)
async def test_a_run_goes_on_with_the_event_that_fits(make: Make, code: str) -> None:
    bench = await make(ON + code)
    await order(bench)
    delivery = await bench.delivery()
    assert (delivery.state, delivery.parked, delivery.retries) == ("pending", True, 0)
    await paid(bench, 2)
    assert (await bench.delivery()).attempts == 1
    await paid(bench, 1, after=3599)
    assert [(a.error, a.response) for a in await bench.attempts()] == [
        (None, "waits for shop/order.paid"),
        (None, '"card"'),
    ]
    assert (await bench.delivery()).state == "succeeded"


@pytest.mark.parametrize("code", KINDS)
async def test_a_run_goes_on_without_one_when_the_time_is_over(make: Make, code: str) -> None:
    bench = await make(ON + code)
    await order(bench)
    await later(bench, after=3590)
    assert (await bench.delivery()).attempts == 1
    await later(bench, after=11)
    assert ((await bench.delivery()).state, (await bench.attempts())[-1].response) == ("succeeded", "")


async def test_many_runs_wait_and_each_gets_its_own(make: Make) -> None:
    bench = await make(ON + KINDS[0])
    for number in range(5):
        await order(bench, number)
    await paid(bench, 3)
    ended = [d for d in await bench.store.deliveries(Query()) if d.state == "succeeded"]
    assert [d.id for d in ended] == ["order_3"]
    assert bench.worker._lanes["f"].under_way == {}


async def test_a_retry_finds_what_came_before(make: Make) -> None:
    code = f"async def f(event, ctx):\n    paid = await ctx.wait_for({PAID})\n    if ctx.retries == 0: raise ValueError('once')\n{SAYS}"
    bench = await make(ON + code)
    await order(bench)
    await paid(bench)
    await bench.round(after=5)
    assert [a.response for a in await bench.attempts()][-1] == '"card"'


async def test_one_wait_after_the_other(make: Make) -> None:
    code = "async def f(event, ctx):\n    a = await ctx.wait_for(['shop/order.paid', 'shop/order.waived'])\n    b = await ctx.wait_for('shop/*')\n    return [a.name, b.name]\n"
    bench = await make(ON + code)
    await order(bench)
    await paid(bench, 1, "shop/order.waived")
    assert (await bench.delivery()).state == "pending"
    await paid(bench, 1, "shop/order.shipped", after=1)
    assert (await bench.attempts())[-1].response == '["shop/order.waived","shop/order.shipped"]'


TWO = "async def f(event, ctx):\n    a, b = await ctx.parallel(ctx.wait_for('shop/a.came'), ctx.wait_for('shop/b.came'))\n    return [a.name, b.name]\n"


@pytest.mark.parametrize("names", [("shop/a.came", "shop/b.came"), ("shop/b.came", "shop/a.came")])
async def test_parallel_waits_come_in_any_order(make: Make, names: tuple[str, str]) -> None:
    bench = await make(ON + TWO)
    await order(bench)
    await paid(bench, 1, names[0])
    assert (await bench.delivery()).parked
    await paid(bench, 1, names[1], after=1)
    assert (await bench.attempts())[-1].response == '["shop/a.came","shop/b.came"]'


BESIDE = "async def f(event, ctx):\n    async def slept():\n        await ctx.sleep('10m')\n        done.append('slept')\n    paid, _ = await ctx.parallel(ctx.wait_for('shop/order.paid', timeout='1h'), slept())\n    return paid and paid.name\n"


async def test_a_sleep_beside_a_wait_ends_at_its_time(make: Make) -> None:
    bench = await make("done = []\n" + ON + BESIDE)
    await order(bench)
    await later(bench, after=590)
    assert bench.module.done == []
    await later(bench, after=11)
    assert bench.module.done == ["slept"]
    await paid(bench, after=60)
    assert (await bench.attempts())[-1].response == '"shop/order.paid"'


async def test_a_wait_beside_a_sleep_leaves_the_sleep_its_time(make: Make) -> None:
    bench = await make("done = []\n" + ON + BESIDE)
    await order(bench)
    await paid(bench, after=60)
    assert (await bench.delivery()).state == "pending"
    await later(bench, after=541)
    assert (bench.module.done, (await bench.delivery()).state) == (["slept"], "succeeded")


async def test_a_wait_outlives_the_process(make: Make) -> None:
    bench = await make(ON + KINDS[0])
    await order(bench)
    await bench.worker.stop(0)
    bench.worker = bench.new_worker()
    await paid(bench)
    assert (await bench.delivery()).state == "succeeded"


# a wait that can't be -> what is said
REFUSED = [
    ("ctx.wait_for('shop order')", "must be a pattern such as stripe/customer.created"),
    ("ctx.wait_for([])", "a wait names at least one pattern"),
    ("ctx.wait_for('a/b', 'evnt.x')", "column 1: there is no 'evnt'"),
    ("ctx.wait_for('a/b', timeout='soon')", "must be a duration such as"),
]


@pytest.mark.parametrize(("code", "said"), REFUSED)
async def test_a_wait_that_can_not_be_is_told(make: Make, code: str, said: str) -> None:
    bench = await make(f"{ON}async def f(event, ctx): await {code}\n")
    await order(bench)
    error = (await bench.attempts())[0].error
    assert error is not None and said in error
