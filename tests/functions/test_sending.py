"""What functions send: by the rules of the send API, on disk when it returns, and nothing twice."""

# ruff: noqa: E501 (code and messages, each on a line of its own)

from __future__ import annotations

import pytest

from gateway.store.records import Query
from gateway.telemetry.trace import of_attempt, of_event
from tests.functions.conftest import Bench, Make

pytestmark = pytest.mark.anyio

ON = '@function(id="f", events=["stripe/*"])\n'
FAILS_ONCE = "    if ctx.retries == 0: raise ValueError('once')\n"


async def twice(bench: Bench) -> None:
    """Two attempts."""
    await bench.accept()
    await bench.round()
    await bench.round(after=5)
    assert (await bench.delivery()).attempts == 2


SENDERS = [
    "async def f(event, ctx):\n    await ctx.send(Event('shop/a.sent', {'n': event.data['a']}))\n    await ctx.send({'name': 'shop/b.sent'})\n",
    "def f(event, ctx):\n    ctx.send(Event('shop/a.sent', {'n': event.data['a']}))\n    ctx.send({'name': 'shop/b.sent'})\n",
    "async def f(event, ctx):\n    await ctx.send(Event('shop/a.sent', {'n': 1}), Event('shop/b.sent'))\n",
]


@pytest.mark.parametrize("code", SENDERS)
async def test_a_retry_sends_nothing_twice(make: Make, code: str) -> None:
    bench = await make(f"{ON}{code}{FAILS_ONCE}")
    await twice(bench)
    sent = [(each.event.name, each.event.data) for each in await bench.sent()]
    assert sent == [("shop/a.sent", '{"n":1}'), ("shop/b.sent", "{}")]
    assert (await bench.delivery()).state == "succeeded"


async def test_a_sent_event_says_which_run_sent_it_and_reaches_its_subscriptions(make: Make) -> None:
    code = f"{ON}async def f(event, ctx): return await ctx.send(Event('shop/a.sent', user={{'id': 'u_1'}}))\n"
    other = "@function(events=['shop/*'])\nasync def g(event): return event.user['id']\n"
    bench = await make(code + other)
    await bench.accept()
    await bench.round()
    await bench.round()
    [sent] = await bench.sent()
    run = (await bench.delivery()).delivery_id
    assert sent.event.id == f"{run}.0"
    assert (sent.event.attributes["function"], sent.event.attributes["run_id"]) == ("f", run)
    assert [a.response for a in await bench.attempts("g")] == ['"u_1"']


@pytest.mark.parametrize(
    "code", ["async def f(event, ctx): await ctx.send(SENT)", "def f(event, ctx): ctx.send(SENT)"]
)
async def test_the_trace_goes_on_in_what_a_function_sends(make: Make, code: str) -> None:
    bench = await make(f"SENT = Event('shop/a.sent')\n{ON}{code}\n")
    await bench.accept()
    await bench.round()
    received = of_event((await bench.delivery()).event_id, "[]")
    [sent] = await bench.sent()
    assert sent.reception is not None and sent.reception.remote_addr == "function"
    span = of_event(sent.event.event_id, sent.reception.headers)
    attempt = of_attempt(received, (await bench.delivery()).delivery_id, 1)
    assert (span.trace_id, span.parent_id) == (received.trace_id, attempt.span_id)


async def test_an_id_of_ones_own_counts_across_runs(make: Make) -> None:
    bench = await make(f"{ON}async def f(event, ctx): await ctx.send(Event('shop/a.sent', id='only-one'))\n")
    await bench.accept("evt_1")
    await bench.accept("evt_2")
    await bench.round()
    assert [each.event.id for each in await bench.sent()] == ["only-one"]
    assert len(await bench.store.duplicates(Query())) == 1


async def test_a_replay_is_another_run_and_sends_again(make: Make) -> None:
    from gateway.event import new_id
    from gateway.store.records import NewDelivery

    bench = await make(f"{ON}async def f(event, ctx): await ctx.send(Event('shop/a.sent'))\n")
    await bench.accept()
    await bench.round()
    first, now = await bench.delivery(), round(bench.now * 1000)
    again = NewDelivery(new_id(now), first.event_id, "f", now, first.delivery_id)
    await bench.store.replay([again], now)
    await bench.round(after=1)
    assert len(await bench.sent()) == 2


async def test_a_ts_in_the_future_delays(make: Make) -> None:
    code = f"{ON}async def f(event, ctx): await ctx.send(Event('shop/a.sent', ts=event.ts + 60_000))\n"
    bench = await make(code + "@function(events=['shop/*'])\nasync def g(event): pass\n")
    await bench.accept()
    await bench.round()
    await bench.round()
    assert (await bench.delivery("g")).attempts == 0
    await bench.round(after=60)
    assert (await bench.delivery("g")).state == "succeeded"


# what is sent -> what is said
REFUSED = [
    ("Event('')", "event 0: name is missing"),
    ("Event('gateway/x.y')", "event 0: name begins as system events do"),
    ("Event('shop/a.b', [1])", "event 0: data must be an object"),
    ("Event('shop/a.b'), {'name': 'x', 'dat': {}}", "event 1: dat is no field of an event; did you mean 'data'?"),
    ("Event('shop/a.b', {'x': object()})", "an event can't be written as JSON"),
    ("Event('shop/a.b', {'x': 'y' * 600_000})", "raise server.max_send_body"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "said"), REFUSED)
async def test_what_is_no_event_is_told_and_nothing_is_sent(make: Make, what: str, said: str) -> None:
    bench = await make(f"{ON}async def f(event, ctx): await ctx.send({what})\n")
    await bench.accept()
    await bench.round()
    error = (await bench.attempts())[0].error
    assert error is not None and error.startswith("ValueError: ") and said in error
    assert error.endswith("nothing was sent")
    assert await bench.sent() == []


SCHEMAS = 'functions: [MODULE]\nschemas: {"shop/a.sent": {schema: {type: object, required: [n]}, mode: MODE}}'


async def test_a_schema_that_refuses_refuses_what_a_function_sends(make: Make) -> None:
    code = f"{ON}async def f(event, ctx): await ctx.send(Event('shop/a.sent', {{'m': 1}}))\n"
    bench = await make(code, SCHEMAS.replace("MODE", "refuse"))
    await bench.accept()
    await bench.round()
    error = (await bench.attempts())[0].error
    assert (
        error is not None
        and 'event 0: data breaks its schema: "n" is a required property' in error
        and "(schema shop/a.sent)" in error
    )
    assert await bench.sent() == []
