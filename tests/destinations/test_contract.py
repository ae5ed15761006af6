"""What every destination promises, of each kind against its other side."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator

import pytest

from tests.contract.conftest import NOW
from tests.destinations.conftest import Open, claimed
from tests.destinations.serving import closed_port, hanging, relaying
from tests.destinations.sides import SIDES, Side

pytestmark = pytest.mark.anyio

AT = NOW / 1000
SECRETS = ("for-tests", "PRIVATE KEY", "evt-key")
"""What every one of the sides' secrets has in it."""


@pytest.fixture(params=SIDES)
async def side(request: pytest.FixtureRequest, anyio_backend: str) -> AsyncIterator[Side]:
    """The other side of a kind."""
    async with SIDES[request.param](request) as ready:
        yield ready


async def test_what_was_acknowledged_is_there(side: Side, opened: Open) -> None:
    destination = opened(side.keys)
    deliveries = [claimed() for _ in range(5)]
    answers = await asyncio.gather(*(destination.deliver(each, AT) for each in deliveries))
    assert [(answer.status, answer.error) for answer in answers] == [(None, None)] * 5
    assert all(answer.response.startswith("{") and answer.latency >= 0 for answer in answers)
    assert set(side.received()) == {each.event.event_id for each in deliveries}


async def test_every_attempt_has_the_same_message_id(side: Side, opened: Open) -> None:
    destination, event = opened(side.keys), claimed().event
    for attempt in (1, 2, 3):
        assert (await destination.deliver(claimed(event=event, attempts=attempt), AT)).error is None
    assert set(side.received()) == {event.event_id}


async def test_a_refusal_is_an_answer_with_a_way_out(side: Side, opened: Open) -> None:
    answer = await opened(side.refused).deliver(claimed(), AT)
    assert answer.status is None  # of which 410 would pause the subscription
    assert answer.error and (";" in answer.error or "?" in answer.error)
    assert not any(secret in str(answer) for secret in SECRETS)
    assert side.received() == []


async def test_a_refusal_spoils_nothing_for_the_next(side: Side, opened: Open) -> None:
    refused = opened(side.refused)
    for _ in range(2):
        assert (await refused.deliver(claimed(), AT)).error
    assert (await opened(side.keys).deliver(claimed(), AT)).error is None


async def test_a_server_that_says_nothing_is_an_answer_in_time(side: Side, opened: Open) -> None:
    async with hanging() as port:
        destination = opened(side.at(port) | {"timeout": "300ms"})
        began = time.monotonic()
        answers = await asyncio.gather(*(destination.deliver(claimed(), AT) for _ in range(3)))
        assert time.monotonic() - began < 2
        assert all(answer.error and "within 0.3 s" in answer.error for answer in answers)
        await destination.close()
    assert side.received() == []


async def test_a_server_that_falls_silent_is_used_again_when_it_speaks(side: Side, opened: Open) -> None:
    async with relaying(side.port) as relay:
        destination = opened(side.at(relay.port) | {"timeout": "500ms"})
        assert (await destination.deliver(claimed(), AT)).error is None
        relay.is_frozen = True
        answers = await asyncio.gather(*(destination.deliver(claimed(), AT) for _ in range(2)))
        assert all(answer.error and "within 0.5 s" in answer.error for answer in answers)
        assert all(answer.latency < 2000 for answer in answers)
        relay.is_frozen = False
        assert (await destination.deliver(claimed(), AT)).error is None
        await destination.close()


async def test_a_server_that_is_not_there_is_an_answer(side: Side, opened: Open) -> None:
    destination = opened(side.at(closed_port()) | {"timeout": "5s"})
    for _ in range(2):
        answer = await destination.deliver(claimed(), AT)
        assert answer.error and answer.status is None and answer.latency < 5000


async def test_a_delivery_that_is_broken_off_leaves_the_destination_whole(side: Side, opened: Open) -> None:
    destination = opened(side.keys)
    for _ in range(3):
        delivering = asyncio.create_task(destination.deliver(claimed(), AT))
        await asyncio.sleep(0)
        delivering.cancel()
        await asyncio.wait([delivering])
    assert (await destination.deliver(claimed(), AT)).error is None


async def test_closing_leaves_nothing_behind(side: Side, opened: Open) -> None:
    before = asyncio.all_tasks()
    destination, unused = opened(side.keys), opened(side.keys)
    await destination.deliver(claimed(), AT)
    await destination.close_unused()
    for each in (destination, unused, destination):
        await each.close()
    async with asyncio.timeout(1):  # the other side may run in this loop, and notices a little later
        while asyncio.all_tasks() - before:
            await asyncio.sleep(0.01)
    gc.collect()  # a connection that was left open would warn now, and warnings are errors
