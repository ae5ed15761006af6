"""Steps and sleeps: what is finished is not done again, whatever comes of the rest."""

# ruff: noqa: E501 (code and messages, each on a line of its own)

from __future__ import annotations

import asyncio
import json

import pytest

from gateway.store.records import Cancellation, Query
from tests.functions.conftest import Bench, Make

pytestmark = pytest.mark.anyio

ON = 'import asyncio\ndone = []\ndef note(x):\n    done.append(x)\n    return x\nasync def anote(x): return note(x)\n@function(id="f", events=["stripe/*"])\n'
FAILS = "    if ctx.retries < 2: raise ValueError('twice')\n"

# a function of two steps that fails twice behind them
TWO_STEPS = [
    "async def f(event, ctx):\n    a = await ctx.step('a', anote, 1)\n    b = await ctx.step('b', note, a + 1)\nFAILS    return [a, b]\n",
    "def f(event, ctx):\n    a = ctx.step('a', note, 1)\n    b = ctx.step('b', note, a + 1)\nFAILS    return [a, b]\n",
    "def f(event, ctx):\n    a = ctx.step('a', anote, 1)\n    b = ctx.step('b', lambda: note(a + 1))\nFAILS    return [a, b]\n",
    "async def f(event, ctx):\n    a = await ctx.step('a', lambda: anote(1))\n    b = await ctx.step('a', note, x=a + 1)\nFAILS    return [a, b]\n",
    "async def f(event, ctx):\n    a, b = await ctx.parallel(ctx.step('a', anote, 1), ctx.step('b', anote, 2))\nFAILS    return [a, b]\n",
    "async def f(event, ctx):\n    a, b = await asyncio.gather(*(ctx.step('a', anote, n) for n in (1, 2)))\nFAILS    return [a, b]\n",
    "async def f(event, ctx):\n    async with asyncio.TaskGroup() as g: a, b = [g.create_task(ctx.step('a', anote, n)) for n in (1, 2)]\nFAILS    return [a.result(), b.result()]\n",
    "def f(event, ctx):\n    a, b = ctx.parallel(lambda: ctx.step('a', note, 1), lambda: ctx.step('b', note, 2))\nFAILS    return [a, b]\n",
]


async def rounds(bench: Bench, *waits: float) -> None:
    """An event, and a round after each wait."""
    await bench.accept()
    for wait in waits:
        await bench.round(after=wait)


@pytest.mark.parametrize("code", TWO_STEPS)
async def test_a_finished_step_is_not_done_again(make: Make, code: str) -> None:
    bench = await make(ON + code.replace("FAILS", FAILS))
    await rounds(bench, 0, 5, 60)
    assert (await bench.delivery()).state == "succeeded"
    assert [a.response for a in await bench.attempts()][-1] == "[1,2]"
    assert sorted(bench.module.done) == [1, 2]


async def test_a_step_that_fails_is_done_again_and_those_before_it_are_not(make: Make) -> None:
    code = (
        "async def f(event, ctx):\n    await ctx.step('a', note, 'a')\n    await ctx.step('b', fail, ctx)\n"
    )
    bench = await make(f"{ON}{code}def fail(ctx):\n    note('b')\n{FAILS}")
    await rounds(bench, 0, 5, 60)
    assert bench.module.done == ["a", "b", "b", "b"]
    assert "in fail" in ((await bench.attempts())[0].stack or "")


async def test_a_result_is_what_json_makes_of_it_the_first_time_too(make: Make) -> None:
    code = "async def f(event, ctx): return [await ctx.step('a', lambda: (1, {'x': None})), await ctx.step('n', lambda: None)]\n"
    bench = await make(ON + code)
    await rounds(bench, 0)
    assert (await bench.attempts())[0].response == '[[1,{"x":null}],null]'


# a step that can't be kept -> what is said; another attempt would do it again for nothing
UNKEPT = [
    (
        "ctx.step('a', lambda: object())",
        "NonRetriable: step/a: its result can't be kept as JSON: Type is not JSON",
    ),
    (
        "ctx.step('a', lambda: 'x' * 1_048_577)",
        "NonRetriable: step/a: its result has 1048579 bytes as JSON, and at most 1048576 are kept; keep it elsewhere",
    ),
]


@pytest.mark.parametrize("kind", ["async def f(event, ctx): await ", "def f(event, ctx): "])
@pytest.mark.parametrize(("code", "said"), UNKEPT)
async def test_a_result_that_can_not_be_kept_is_told_at_once(
    make: Make, kind: str, code: str, said: str
) -> None:
    bench = await make(f"{ON}{kind}{code}\n")
    await rounds(bench, 0)
    delivery = await bench.delivery()
    assert delivery.state == "dead" and delivery.last_error is not None
    assert delivery.last_error.startswith(said)


async def test_a_run_has_a_thousand_steps_at_most(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.functions.memory.MOST", 3)
    bench = await make(f"{ON}async def f(event, ctx):\n    for n in range(4): await ctx.step('a', note, n)\n")
    await rounds(bench, 0)
    assert (await bench.delivery()).last_error == (
        "NonRetriable: a run has at most 3 steps, and step/a#4 is one more; do several in one"
    )
    assert bench.module.done == [0, 1, 2]


@pytest.mark.parametrize("name", ["''", "'x' * 201", "'a\\nb'", "5"])
async def test_a_name_that_is_none_is_told(make: Make, name: str) -> None:
    bench = await make(f"{ON}async def f(event, ctx): await ctx.step({name}, note, 1)\n")
    await rounds(bench, 0)
    error = (await bench.attempts())[0].error
    assert error is not None and error.startswith(
        "ValueError: a step's name is 1 to 200 printable characters"
    )


async def test_parallel_steps_are_under_way_at_once(make: Make) -> None:
    meet = "barrier = asyncio.Barrier(3)\nasync def meet(n):\n    async with asyncio.timeout(5): await barrier.wait()\n    return n\n"
    code = "async def f(event, ctx): return await ctx.parallel(*(ctx.step(f's{n}', meet, n) for n in range(3)))\n"
    bench = await make(ON.replace("@function", f"{meet}@function") + code)
    await rounds(bench, 0)
    assert (await bench.attempts())[0].response == "[0,1,2]"


GATHERS = [
    "ctx.parallel(ctx.step('bad', bad), ctx.step('slow', slow))",
    "asyncio.gather(ctx.step('bad', bad), ctx.step('slow', slow))",
]


@pytest.mark.parametrize("both", GATHERS)
async def test_a_step_that_fails_breaks_off_no_other(make: Make, both: str) -> None:
    steps = "def bad(): raise ValueError('bad')\nasync def slow():\n    await asyncio.sleep(0.02)\n    note('slow')\n"
    bench = await make(f"{ON}async def f(event, ctx): await {both}\n{steps}")
    await rounds(bench, 0, 5)
    assert {a.error for a in await bench.attempts()} == {"ValueError: bad"}
    assert bench.module.done == ["slow"]


async def test_what_a_function_left_behind_begins_nothing_new(make: Make) -> None:
    code = (
        "async def f(event, ctx):\n    left.append(asyncio.create_task(two(ctx)))\n    await begun.wait()\n"
    )
    two = "async def two(ctx):\n    await ctx.step('a', slow)\n    await ctx.step('b', anote, 2)\n"
    slow = "async def slow():\n    begun.set()\n    await asyncio.sleep(0.02)\n    return note(1)\n"
    bench = await make(
        ON.replace("done = []", "done, left, begun = [], [], asyncio.Event()") + code + two + slow
    )
    await rounds(bench, 0)
    with pytest.raises(BaseException, match="the attempt is over"):
        await bench.module.left[0]
    assert bench.module.done == [1]  # what was begun is finished


async def test_a_step_past_the_time_out_of_its_function_is_broken_off(make: Make) -> None:
    code = "async def slow():\n    try: await asyncio.sleep(60)\n    finally: note('off')\n"
    late = ON.replace('"stripe/*"]', '"stripe/*"], timeout="50ms"')
    bench = await make(f"{late}async def f(event, ctx): await ctx.step('a', slow)\n{code}")
    await rounds(bench, 0)
    await asyncio.sleep(0)
    assert (await bench.attempts())[0].error == "TimeoutError: it did not end within 0.05 s"
    assert bench.module.done == ["off"]


@pytest.mark.parametrize("kind", ["async def f(event, ctx): await ", "def f(event, ctx): "])
async def test_exiting_in_a_step_ends_the_attempt_and_not_the_gateway(make: Make, kind: str) -> None:
    bench = await make(f"{ON}{kind}ctx.step('a', leave)\nasync def leave(): raise SystemExit(3)\n")
    await rounds(bench, 0)
    assert (await bench.delivery()).state == "pending"
    assert "SystemExit" in ((await bench.attempts())[0].error or "")


SLEEPERS = [
    "async def f(event, ctx):\n    await ctx.step('a', note, 'a')\n    await ctx.sleep(WAIT)\n    await ctx.step('b', note, 'b')\n    return [ctx.attempt, ctx.retries]\n",
    "def f(event, ctx):\n    ctx.step('a', note, 'a')\n    ctx.sleep(WAIT)\n    ctx.step('b', note, 'b')\n    return [ctx.attempt, ctx.retries]\n",
]


@pytest.mark.parametrize("wait", ["'10m'", "600", "__import__('datetime').timedelta(minutes=10)"])
@pytest.mark.parametrize("code", SLEEPERS)
async def test_a_sleeping_run_goes_on_at_its_time_without_using_up_a_retry(
    make: Make, code: str, wait: str
) -> None:
    bench = await make(ON + code.replace("WAIT", wait))
    await rounds(bench, 0)
    delivery = await bench.delivery()
    assert (delivery.state, delivery.retries, delivery.due_at) == (
        "pending",
        0,
        round(bench.now * 1000) + 600_000,
    )
    assert delivery.leased_until is None
    await bench.round(after=599)
    assert (await bench.delivery()).attempts == 1
    await bench.round(after=1)
    assert [(a.error, a.response) for a in await bench.attempts()] == [
        (None, "sleeps until 2027-01-15T08:10:00Z"),
        (None, "[2,0]"),
    ]
    assert bench.module.done == ["a", "b"]


async def test_a_sleeping_run_holds_no_slot(make: Make) -> None:
    one = ON.replace('"stripe/*"]', '"stripe/*"], concurrency=1')
    bench = await make(f"{one}async def f(event, ctx): await ctx.sleep('1h')\n")
    for number in range(3):
        await bench.accept(f"evt_{number}")
    for _ in range(3):
        await bench.round()
    assert [d.attempts for d in await bench.store.deliveries(Query())] == [1, 1, 1]
    assert bench.worker._lanes["f"].under_way == {}


async def test_a_sleep_outlives_the_process(make: Make) -> None:
    bench = await make(ON + SLEEPERS[0].replace("WAIT", "'1h'"))
    await rounds(bench, 0)
    await bench.worker.stop(0)
    bench.worker = bench.new_worker()
    await bench.round(after=1800)
    assert bench.module.done == ["a"]
    await bench.round(after=1800)
    assert (await bench.delivery()).state == "succeeded"


async def test_a_retry_does_not_sleep_again(make: Make) -> None:
    code = f"async def f(event, ctx):\n    await ctx.sleep(60)\n{FAILS}"
    bench = await make(ON + code)
    await rounds(bench, 0, 60, 5, 60)
    assert [a.error for a in await bench.attempts()] == [None, "ValueError: twice", "ValueError: twice", None]


PARALLEL_SLEEPS = [
    "async def f(event, ctx):\n    await ctx.parallel(one(ctx, 60), one(ctx, 3600))\nasync def one(ctx, t):\n    await ctx.sleep(t)\n    await ctx.step(f's{t}', note, t)\n",
    "async def f(event, ctx):\n    await asyncio.gather(one(ctx, 3600), one(ctx, 60))\nasync def one(ctx, t):\n    await ctx.sleep(t)\n    await ctx.step(f's{t}', note, t)\n",
    "async def f(event, ctx):\n    async with asyncio.TaskGroup() as g:\n        for t in (60, 3600): g.create_task(one(ctx, t))\nasync def one(ctx, t):\n    await ctx.sleep(t)\n    await ctx.step(f's{t}', note, t)\n",
    "def f(event, ctx): ctx.parallel(lambda: one(ctx, 60), lambda: one(ctx, 3600))\ndef one(ctx, t):\n    ctx.step(f'at{t}', ctx.sleep, t)\n    ctx.step(f's{t}', note, t)\n",
]


@pytest.mark.parametrize("code", PARALLEL_SLEEPS)
async def test_parallel_sleeps_end_each_at_its_time(make: Make, code: str) -> None:
    bench = await make(ON + code)
    await rounds(bench, 0, 59)
    assert bench.module.done == []
    await bench.round(after=1)
    assert bench.module.done == [60]
    await bench.round(after=3539)
    assert bench.module.done == [60]
    await bench.round(after=1)
    assert (bench.module.done, (await bench.delivery()).state) == ([60, 3600], "succeeded")


async def test_except_exception_does_not_keep_a_run_from_sleeping(make: Make) -> None:
    code = "async def f(event, ctx):\n    try: await ctx.sleep(60)\n    except Exception: note('caught')\n    note('on')\n"
    bench = await make(ON + code)
    await rounds(bench, 0)
    assert bench.module.done == []


async def test_a_run_is_not_at_its_end_while_a_part_of_it_sleeps(make: Make) -> None:
    code = "async def f(event, ctx):\n    try: await ctx.sleep(60)\n    except BaseException: pass\n    return 'slept'\n"
    bench = await make(ON + code)
    await rounds(bench, 0)
    assert (await bench.delivery()).state == "pending"
    await bench.round(after=60)
    assert (await bench.attempts())[-1].response == '"slept"'


# what is no wait
WAITS = ["'soon'", "-1", "True", "None", "'5'", "366 * 86_400 + 1"]


@pytest.mark.parametrize("wait", WAITS)
async def test_what_is_no_duration_is_told(make: Make, wait: str) -> None:
    bench = await make(f"{ON}async def f(event, ctx): await ctx.sleep({wait})\n")
    await rounds(bench, 0)
    error = (await bench.attempts())[0].error
    assert error is not None and error.startswith("ValueError: ")


async def test_a_cancelled_run_stops_at_its_next_step(make: Make) -> None:
    code = "async def f(event, ctx):\n    await ctx.step('a', note, 'a')\n    await going.wait()\n    await ctx.step('b', note, 'b')\n    note('c')\n"
    bench = await make(ON.replace("done = []", "done, going = [], asyncio.Event()") + code)
    await bench.accept()
    await bench.worker.step()
    async with asyncio.timeout(5):
        while not bench.module.done:
            await asyncio.sleep(0.005)
    delivery = await bench.delivery()
    await bench.store.cancel([Cancellation(delivery.delivery_id, round(bench.now * 1000))])
    bench.module.going.set()
    await bench.round()
    assert bench.module.done == ["a", "b"]  # b was done; nothing after it is
    assert (await bench.delivery()).state == "cancelled"
    assert "Abandoned" in ((await bench.attempts())[0].error or "")


async def test_what_a_step_sends_is_sent_once_and_shifts_nothing(make: Make) -> None:
    code = "async def f(event, ctx):\n    await ctx.step('a', ctx.send, Event('shop/in.step'))\n    await ctx.send(Event('shop/after.step'))\n"
    bench = await make(ON + code + FAILS)
    await rounds(bench, 0, 5, 60)
    run = (await bench.delivery()).delivery_id
    sent = [(each.event.name, each.event.id) for each in await bench.sent()]
    assert sent == [("shop/in.step", f"{run}.step/a.0"), ("shop/after.step", f"{run}.0")]


async def test_what_a_run_sends_after_a_month_is_still_sent_once(make: Make) -> None:
    code = "async def f(event, ctx):\n    await ctx.send(Event('shop/a.sent'))\n    await ctx.sleep('30d')\n    await ctx.send(Event('shop/b.sent'))\n"
    bench = await make(ON + code)
    await rounds(bench, 0, 30 * 86_400)
    assert [each.event.name for each in await bench.sent()] == ["shop/a.sent", "shop/b.sent"]


async def test_sending_something_else_in_its_place_is_told(make: Make) -> None:
    code = "async def f(event, ctx):\n    await ctx.send(Event('shop/b.sent' if ctx.retries else 'shop/a.sent'))\n"
    bench = await make(ON + code + FAILS)
    await rounds(bench, 0, 5)
    assert (await bench.attempts())[1].error == (
        "ValueError: this run has sent shop/a.sent in the place of shop/b.sent; send in the same order at every attempt"
    )


async def test_the_steps_of_a_run_are_in_the_store(make: Make) -> None:
    bench = await make(
        f"{ON}async def f(event, ctx):\n    await ctx.step('a', note, {{'x': 1}})\n    await ctx.send(Event('shop/a.sent'))\n"
    )
    await rounds(bench, 0)
    delivery = await bench.delivery()
    steps = await bench.store.steps.of(delivery.event_id, delivery.delivery_id)
    assert [(step.key, json.loads(step.result)) for step in steps][0] == ("step/a", {"x": 1})
    assert [step.key for step in steps] == ["step/a", "sent/0"]


async def test_a_run_that_slept_does_not_count_again_for_a_rate_limit(make: Make) -> None:
    limited = ON.replace('"stripe/*"]', '"stripe/*"], rate_limit={"limit": 1, "period": "1h"}')
    bench = await make(f"{limited}async def f(event, ctx): await ctx.sleep('1m')\n")
    await rounds(bench, 0, 60)
    assert (await bench.delivery()).state == "succeeded"
