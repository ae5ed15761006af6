"""Functions as a destination: what they are called with, and what comes of what they return or raise."""

# ruff: noqa: E501 (code and messages, each on a line of its own)

from __future__ import annotations

import asyncio
import json

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.store.records import Query
from tests.functions.conftest import Make

pytestmark = pytest.mark.anyio

DIRECT = 'subscriptions: {f: {events: ["stripe/*"], destination: {type: python, handler: "MODULE:f", timeout: 5s}}}'
ON_CUSTOMERS = '@function(id="f", events=["stripe/customer.*"])\n'

# a function -> the answer that is kept with the attempt
RETURNED = [
    ("async def f(event): return event.data['a']", "1"),
    ("def f(event): return [event.name, event.id, event.source, event.v]", '["stripe/customer.created","evt_1","stripe","v1"]'),
    ("async def f(event, ctx): return [ctx.attempt, ctx.retries, ctx.subscription]", '[1,0,"f"]'),
    ("def f(event, ctx): return [ctx.attempt, ctx.retries, ctx.subscription]", '[1,0,"f"]'),
    ("def f(event, *, verbose=False): return event.happened_at.isoformat()", '"2027-01-15T08:00:00+00:00"'),
    ("class F:\n    async def __call__(self, event): return 'called'\nf = F()", '"called"'),
    ("async def f(event): pass", ""),
    ("async def f(event): return object", "\"<class 'object'>\""),  # what JSON has no kind for
]  # fmt: skip


@pytest.mark.parametrize(("code", "answer"), RETURNED)
async def test_a_function_gets_the_event_and_its_value_is_the_answer(
    make: Make, code: str, answer: str
) -> None:
    bench = await make(code, DIRECT)
    await bench.accept()
    await bench.round()
    assert (await bench.delivery()).state == "succeeded"
    assert [(a.error, a.response) for a in await bench.attempts()] == [(None, answer)]


async def test_the_run_is_the_delivery(make: Make) -> None:
    bench = await make("async def f(event, ctx): return ctx.run_id", DIRECT)
    await bench.accept()
    await bench.round()
    delivery = await bench.delivery()
    assert json.loads((await bench.attempts())[0].response) == delivery.delivery_id


@pytest.mark.parametrize("kind", ["async def", "def"])
async def test_what_is_raised_is_kept_with_its_traceback_and_tried_again(make: Make, kind: str) -> None:
    bench = await make(f"{ON_CUSTOMERS}{kind} f(event):\n    raise ValueError('no such plan')\n")
    await bench.accept()
    await bench.round()
    [attempt] = await bench.attempts()
    assert attempt.error == "ValueError: no such plan"
    assert attempt.stack is not None
    first, *frames, last = attempt.stack.splitlines()
    assert (first, last) == ("Traceback (most recent call last):", "ValueError: no such plan")
    assert ", line 6, in f" in frames[0]
    assert (await bench.delivery()).state == "pending"


async def test_a_long_traceback_keeps_its_end(make: Make) -> None:
    body = "def deeper(n):\n    if n: deeper2(n - 1)\n    raise ValueError('x' * 3000)\ndef deeper2(n): deeper(n)\n"
    bench = await make(f"{body}{ON_CUSTOMERS}def f(event): deeper(200)\n")
    await bench.accept()
    await bench.round()
    [attempt] = await bench.attempts()
    assert attempt.stack is not None and len(attempt.stack) <= 4096
    assert attempt.stack.startswith("Traceback (most recent call last):\n  …\n")
    assert attempt.stack.endswith(f"ValueError: {'x' * 3000}\n")


async def test_a_dead_letter_tells_the_error_and_its_stack(make: Make) -> None:
    code = '@function(id="f", events=["stripe/*"], retries=0)\ndef f(event): raise KeyError("plan")\n'
    bench = await make(code)
    await bench.accept()
    await bench.round()
    [failed] = await bench.store.events(Query(source="gateway"))
    error = json.loads(failed.event.data)["error"]
    assert (failed.event.name, error["name"], error["message"]) == (
        "gateway/delivery.failed",
        "KeyError",
        "'plan'",
    )
    assert error["stack"].endswith("KeyError: 'plan'\n")


async def test_non_retriable_is_a_dead_letter_at_once(make: Make) -> None:
    bench = await make(f"{ON_CUSTOMERS}async def f(event): raise NonRetriable('no such customer')\n")
    await bench.accept()
    await bench.round()
    delivery = await bench.delivery()
    assert (delivery.state, delivery.attempts) == ("dead", 1)
    assert delivery.last_error == "NonRetriable: no such customer"


# what RetryAfter takes -> ms until the next attempt, of a schedule that says 5 s
WAITS = [("0.5", 500), ("90", 90_000), ("__import__('datetime').timedelta(hours=2)", 7_200_000)]


@pytest.mark.parametrize(("wait", "ms"), WAITS)
async def test_retry_after_is_the_exact_wait(make: Make, wait: str, ms: int) -> None:
    bench = await make(f"{ON_CUSTOMERS}async def f(event): raise RetryAfter({wait})\n")
    await bench.accept()
    await bench.round()
    delivery = await bench.delivery()
    assert (delivery.state, delivery.due_at - round(bench.now * 1000)) == ("pending", ms)


async def test_retry_after_uses_up_retries(make: Make) -> None:
    code = '@function(id="f", events=["stripe/*"], retries=1)\nasync def f(event): raise RetryAfter(1)\n'
    bench = await make(code)
    await bench.accept()
    await bench.round()
    await bench.round(after=1)
    assert (await bench.delivery()).state == "dead"


LATE = '@function(id="f", events=["stripe/*"], timeout="50ms")\n'


async def test_a_coroutine_past_its_time_out_is_cancelled_and_failed(make: Make) -> None:
    code = f"import asyncio\nended = []\n{LATE}async def f(event):\n    try: await asyncio.sleep(60)\n    finally: ended.append(1)\n"
    bench = await make(code)
    await bench.accept()
    await bench.round()
    assert (await bench.attempts())[0].error == "TimeoutError: it did not end within 0.05 s"
    assert bench.module.ended == [1]


async def test_a_plain_function_past_its_time_out_goes_on_for_nothing(make: Make) -> None:
    body = "def f(event, ctx):\n    go.wait(10)\n    try: ctx.send(Event('shop/late.sent'))\n    except BaseException as e: told.append(e)\n"
    bench = await make(f"import threading\ngo, told = threading.Event(), []\n{LATE}{body}")
    await bench.accept()
    await bench.round()
    assert (await bench.attempts())[0].error == (
        "TimeoutError: it did not end within 0.05 s; its thread can't be stopped and goes on"
    )
    bench.module.go.set()
    async with asyncio.timeout(5):
        while not bench.module.told:
            await asyncio.sleep(0.005)
    assert "the attempt is over" in str(bench.module.told[0])
    assert await bench.sent() == []


async def test_threads_that_hang_are_bounded(make: Make) -> None:
    code = f"import threading\ngo = threading.Event()\n{LATE.replace(')', ', concurrency=1)')}def f(event): go.wait(10)\n"
    bench = await make(code)
    for number in range(3):
        await bench.accept(f"evt_{number}")
        await bench.round()
    [newest] = await bench.attempts()
    bench.module.go.set()
    assert newest.error is not None and newest.error.startswith("RuntimeError: 2 calls of ")
    assert newest.error.endswith("past their time-out; end what they wait for, or restart the gateway")


# what would end the process, or a task of the gateway
DRASTIC = ["raise SystemExit(3)", "raise KeyboardInterrupt", "raise __import__('asyncio').CancelledError", "raise StopIteration"]  # fmt: skip


@pytest.mark.parametrize("kind", ["async def", "def"])
@pytest.mark.parametrize("code", DRASTIC)
async def test_what_would_end_the_process_ends_an_attempt(make: Make, kind: str, code: str) -> None:
    bench = await make(f"{ON_CUSTOMERS}{kind} f(event): {code}\n")
    await bench.accept()
    await bench.round()
    assert (await bench.delivery()).state == "pending"
    assert (await bench.attempts())[0].error is not None


async def test_a_plain_function_holds_nothing_up(make: Make) -> None:
    code = f"import threading\ngo = threading.Event()\n{ON_CUSTOMERS}def f(event): return go.wait(10)\n"
    other = '@function(events=["stripe/customer.*"])\nasync def g_(event): go.set()\n'
    bench = await make(code + other)
    await bench.accept()
    await bench.round()
    assert [a.response for a in await bench.attempts("f")] == ["true"]
    assert (await bench.delivery("g")).state == "succeeded"


async def test_a_stopping_gateway_breaks_an_attempt_off_without_using_up_a_retry(make: Make) -> None:
    bench = await make(f"import asyncio\n{ON_CUSTOMERS}async def f(event): await asyncio.sleep(60)\n")
    await bench.accept()
    await bench.worker.step()
    await asyncio.sleep(0)
    await bench.worker.stop(0)
    delivery = await bench.delivery()
    assert (delivery.state, delivery.attempts, delivery.retries) == ("pending", 1, 0)


async def test_gateway_event_shows_the_traceback(make: Make) -> None:
    bench = await make(f"{ON_CUSTOMERS}def f(event): raise ValueError('no such plan')\n")
    await bench.accept()
    await bench.round()
    [stored] = await bench.store.events(Query())
    shown = await asyncio.to_thread(run, ["event", stored.event.event_id, "--config", str(bench.file)])
    assert "\ntraceback of attempt 1 of " in shown
    assert shown.index("Traceback (most recent call last):") < shown.index("\nValueError: no such plan")


def run(arguments: list[str]) -> str:
    """What the command line prints."""
    return CliRunner().invoke(app, arguments).stdout
