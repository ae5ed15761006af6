"""Steps on every store: kept by who holds the lease, the first of a key for ever, gone with their event."""

from __future__ import annotations

import asyncio
import json

import pytest

from gateway.store import Store
from gateway.store.records import Attempt, Cancellation, Claimed, Query, Settlement
from gateway.store.retention import Retention
from gateway.store.steps import NewStep
from tests.contract.conftest import DAY, HOUR, NOW, Make, candidate

pytestmark = pytest.mark.anyio


async def claimed(store: Store, at: int = NOW, owner: str = "host:1:x") -> Claimed:
    """A run under a lease of an hour."""
    [one] = (await store.claim({"app": 1}, {"app": HOUR}, at, owner)).claimed
    return one


async def run(store: Store, make: Make, at: int = NOW) -> Claimed:
    """A new event, whose only delivery is claimed."""
    await store.accept([make("evt_1", at=at, to=("app",))])
    return await claimed(store, at)


def step(
    of: Claimed, key: str = "step/a", result: str = "1", now: int = NOW, attempt: int | None = None
) -> NewStep:
    """A step of a run that asks to be kept."""
    delivery = of.delivery
    number = delivery.attempts if attempt is None else attempt
    return NewStep(of.event.event_id, delivery.delivery_id, number, key, result, now)


async def kept(store: Store, of: Claimed) -> list[tuple[str, str]]:
    """The steps of a run."""
    found = await store.steps.of(of.event.event_id, of.delivery.delivery_id)
    return [(one.key, one.result) for one in found]


async def test_steps_come_in_the_order_in_which_they_were_kept(store: Store, make: Make) -> None:
    one = await run(store, make)
    for number, key in enumerate(("step/b", "step/a")):
        assert await store.steps.keep(step(one, key, str(number), NOW + number)) == str(number)
    assert await kept(store, one) == [("step/b", "0"), ("step/a", "1")]


async def test_the_first_result_of_a_key_counts(store: Store, make: Make) -> None:
    one = await run(store, make)
    assert await store.steps.keep(step(one, result='"first"')) == '"first"'
    assert await store.steps.keep(step(one, result='"second"')) == '"first"'
    assert await kept(store, one) == [("step/a", '"first"')]


async def test_steps_that_are_kept_at_once_are_all_kept(store: Store, make: Make) -> None:
    one = await run(store, make)
    keeping = [store.steps.keep(step(one, f"step/{n}", str(n))) for n in range(40)]
    assert await asyncio.gather(*keeping) == [str(n) for n in range(40)]
    assert len(await kept(store, one)) == 40


async def test_runs_do_not_share_steps(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", to=("app", "b"))])
    both = (await store.claim({"app": 1, "b": 1}, {"app": HOUR, "b": HOUR}, NOW, "host:1:x")).claimed
    for number, one in enumerate(both):
        assert await store.steps.keep(step(one, result=str(number))) == str(number)
    assert [await kept(store, one) for one in both] == [[("step/a", "0")], [("step/a", "1")]]


async def test_an_attempt_that_lost_its_lease_keeps_nothing(two: tuple[Store, Store], make: Make) -> None:
    here, there = two
    lost = await run(here, make)
    assert await here.steps.keep(step(lost)) == "1"
    attempt = Attempt(lost.delivery.delivery_id, 1, NOW, 0, error="lost")
    await there.settle(Settlement(attempt, "pending", NOW, 1, NOW))
    assert await here.steps.keep(step(lost, "step/b")) is None  # while nobody has it
    again = await claimed(there)
    assert await here.steps.keep(step(lost, "step/b")) is None
    assert await here.steps.keep(step(lost)) is None  # also what was kept before
    assert await there.steps.keep(step(again, "step/b", "2")) == "2"
    assert await kept(here, again) == [("step/a", "1"), ("step/b", "2")]


async def test_a_run_that_ended_keeps_nothing(store: Store, make: Make) -> None:
    one = await run(store, make)
    await store.cancel([Cancellation(one.delivery.delivery_id, NOW)])
    assert await store.steps.keep(step(one)) is None
    assert await kept(store, one) == []


def sending(of: Claimed, *ids: str, key: str = "sent/0") -> NewStep:
    """A step that sends events to `b`."""
    made = tuple(candidate(id, source="api", name=f"shop/{id}", to=("b",)) for id in ids)
    new = step(of, key, "")
    return NewStep(new.event_id, new.run_id, new.attempt, new.key, new.result, new.now, made)


async def test_what_is_sent_is_accepted_with_the_step_that_tells_of_it(store: Store, make: Make) -> None:
    one = await run(store, make)
    result = await store.steps.keep(sending(one, "x", "y"))
    assert result is not None
    stored = {s.event.name: s.event.event_id for s in await store.events(Query(source="api"))}
    assert json.loads(result) == [["shop/x", stored["shop/x"]], ["shop/y", stored["shop/y"]]]
    assert len(await store.deliveries(Query(subscription="b"))) == 2


async def test_the_same_step_sends_nothing_twice_and_tells_the_same(store: Store, make: Make) -> None:
    one = await run(store, make)
    first = await store.steps.keep(sending(one, "x"))
    assert await store.steps.keep(sending(one, "x")) == first
    assert await store.steps.keep(sending(one, "y")) == first
    assert [s.event.id for s in await store.events(Query(source="api"))] == ["x"]


async def test_an_event_that_was_sent_before_is_told_by_its_first_id(store: Store, make: Make) -> None:
    one = await run(store, make)
    first = await store.steps.keep(sending(one, "x"))
    assert await store.steps.keep(sending(one, "x", key="sent/1")) == first
    assert len(await store.duplicates(Query(source="api"))) == 1


async def test_who_lost_the_lease_sends_nothing(store: Store, make: Make) -> None:
    one = await run(store, make)
    await store.cancel([Cancellation(one.delivery.delivery_id, NOW)])
    assert await store.steps.keep(sending(one, "x")) is None
    assert await store.events(Query(source="api")) == []


async def test_erasing_an_event_erases_its_steps(store: Store, make: Make) -> None:
    one = await run(store, make)
    await store.steps.keep(step(one))
    assert await store.erase(one.event.event_id)
    assert await kept(store, one) == []


async def test_steps_are_purged_with_their_event_and_not_before(store: Store, make: Make) -> None:
    one = await run(store, make, at=NOW - 9 * DAY)
    await store.steps.keep(step(one, now=NOW - 9 * DAY))
    await purge(store)
    assert await kept(store, one) == [("step/a", "1")]  # a run that is pending keeps its event
    attempt = Attempt(one.delivery.delivery_id, 1, NOW, 0)
    assert await store.settle(Settlement(attempt, "succeeded", NOW, 0, NOW))
    await purge(store)
    assert await kept(store, one) == []


async def purge(store: Store) -> None:
    """What is older than a week, and once more for what a first round only leads to."""
    for _ in range(2):
        while (await store.purge(Retention(NOW, NOW - 7 * DAY, NOW, NOW))).total:
            pass
