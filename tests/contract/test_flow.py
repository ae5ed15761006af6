"""Rate limits and throttles on every store: counted for all nodes together, and over a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from gateway.store import Store
from gateway.store.flow import Admission, Admitted, Asking, Rate, Throttle, decide
from gateway.store.records import Cancellation, Claimed, Settlement
from tests.contract.conftest import HOUR, NOW, Make, Nodes
from tests.contract.test_deliveries import settled

pytestmark = pytest.mark.anyio

LEASE = 30_000
SECOND = 1_000

# asked at (ms) -> what it is told, of 2 in 1 s
RATED = [
    ([0, 0, 0], ["go", "go", "over"]),
    ([0, 0, 999], ["go", "go", "over"]),
    ([0, 0, 1000], ["go", "go", "go"]),
    ([0, 500, 1000, 1000], ["go", "go", "go", "over"]),  # one is a second old, the other not
    ([0, 0, 500, 1001], ["go", "go", "over", "go"]),  # who was over it took nothing
    ([0, 4, 1001], ["go", "go", "over"]),  # within the same span: both leave with the later one
    ([0, 4, 1004], ["go", "go", "go"]),
]


def told(limit: Rate | Throttle, times: Sequence[int]) -> list[Admitted]:
    """What is told to one at each time."""
    states: dict[tuple[str, str], dict[str, object]] = {}
    one = (Asking("d", 1, "", ""),)
    rate, throttle = (limit, None) if isinstance(limit, Rate) else (None, limit)
    return [decide(Admission("app", one, at, rate, throttle), states, at)[0] for at in times]


@pytest.mark.parametrize(("times", "answers"), RATED)
def test_what_a_rate_limit_says(times: list[int], answers: list[str]) -> None:
    assert [each.answer for each in told(Rate(2, SECOND), times)] == answers


@pytest.mark.parametrize("step", [1, 7, 40, 333, 999])
def test_no_period_has_more_than_the_limit_wherever_it_begins(step: int) -> None:
    times = list(range(0, 20_000, step))
    answers = told(Rate(10, SECOND), times)
    went = [at for at, each in zip(times, answers, strict=True) if each.answer == "go"]
    assert all(sum(begin <= at < begin + SECOND for at in went) <= 10 for begin in went)
    assert len(went) >= min(len(times), 195)


# interval, burst, asked at (ms) -> what it is told
THROTTLED = [
    (100, 1, [0, 0, 99, 100], ["go", "wait", "wait", "go"]),
    (100, 3, [0, 0, 0, 0, 100], ["go", "go", "go", "wait", "go"]),
    (
        100,
        3,
        [0, 0, 0, 5000, 5000, 5000, 5000],
        ["go", "go", "go", "go", "go", "go", "wait"],
    ),  # no more saved
    (100, 1, [0, 250, 300, 350], ["go", "go", "wait", "go"]),  # who is late moves those behind
]


@pytest.mark.parametrize(("interval", "burst", "times", "answers"), THROTTLED)
def test_what_a_throttle_says(interval: int, burst: int, times: list[int], answers: list[str]) -> None:
    assert [each.answer for each in told(Throttle(interval, burst), times)] == answers


def test_those_that_wait_for_a_key_have_a_turn_each() -> None:
    assert [each.until for each in told(Throttle(100, 1, True), [0, 0, 0, 0])][1:] == [100, 200, 300]
    assert [each.until for each in told(Throttle(100, 1, False), [0, 0, 0])][1:] == [100, 100]


def test_nobody_is_put_off_for_hours_by_others_that_are_cancelled_meanwhile() -> None:
    waits = told(Throttle(60_000, 1, True), [0] * 100)
    assert max(each.until for each in waits) == 300_000


async def claimed(store: Store, now: int = NOW, slots: int = 10) -> Sequence[Claimed]:
    return (await store.claim({"app": slots}, {"app": LEASE}, now, "w")).claimed


def asking(found: Sequence[Claimed], key: str = "") -> tuple[Asking, ...]:
    return tuple(Asking(one.delivery.delivery_id, one.delivery.attempts, key, key) for one in found)


async def admitted(store: Store, asked: Admission) -> list[str]:
    return [each.answer for each in await store.flow.admit(asked)]


async def test_nodes_count_together(two: tuple[Store, Store], make: Make) -> None:
    rate = Rate(5, HOUR)
    asked = [Admission("app", (Asking(f"d{n}", 1, "", ""),), NOW, rate) for n in range(20)]
    answers = await asyncio.gather(*(two[n % 2].flow.admit(each) for n, each in enumerate(asked)))
    assert sorted(each.answer for [each] in answers) == ["go"] * 5 + ["over"] * 15


async def test_a_restart_forgets_nothing(node: Nodes) -> None:
    first, one = await node(), (Asking("d", 1, "", ""),)
    assert await admitted(first, Admission("app", one, NOW, Rate(1, HOUR))) == ["go"]
    await first.close()
    assert await admitted(await node(), Admission("app", one, NOW + 1, Rate(1, HOUR))) == ["over"]


async def test_keys_and_subscriptions_are_counted_apart(store: Store) -> None:
    for name, key in [("app", "a"), ("app", "b"), ("mail", "a")]:
        asked = Admission(name, (Asking("d", 1, key, key),), NOW, Rate(1, HOUR), Throttle(HOUR, 1))
        assert await admitted(store, asked) == ["go"]
    assert await admitted(store, Admission("app", (Asking("d", 1, "a"),), NOW, Rate(1, HOUR))) == ["over"]
    assert await admitted(store, Admission("app", (Asking("d", 1),), NOW, Rate(1, HOUR))) == ["go"]


async def test_what_has_to_wait_is_given_back_without_an_attempt(store: Store, make: Make) -> None:
    await store.accept([make(f"e{n}", to=("app",)) for n in range(3)])
    found = await claimed(store)
    asked = Admission("app", asking(found), NOW, throttle=Throttle(SECOND, 1))
    assert await admitted(store, asked) == ["go", "wait", "wait"]
    again = await claimed(store)
    assert [(one.event.id, one.delivery.attempts, one.delivery.due_at) for one in again] == [
        ("e1", 1, NOW),
        ("e2", 1, NOW),
    ]


async def test_what_waits_for_its_key_is_due_at_its_turn(store: Store, make: Make) -> None:
    await store.accept([make(f"e{n}", to=("app",)) for n in range(3)])
    asked = Admission("app", asking(await claimed(store), "k"), NOW, throttle=Throttle(SECOND, 1, True))
    assert await admitted(store, asked) == ["go", "wait", "wait"]
    assert await claimed(store) == []
    assert [one.event.id for one in await claimed(store, NOW + SECOND)] == ["e1"]
    assert [one.event.id for one in await claimed(store, NOW + 2 * SECOND)] == ["e2"]


async def test_one_that_was_given_back_and_is_held_by_another_is_not_given_back_twice(
    store: Store, make: Make
) -> None:
    await store.accept([make("e", to=("app",))])
    found = await claimed(store)
    busy = Admission("app", (Asking("other", 1, "", ""),), NOW, throttle=Throttle(HOUR, 1))
    await store.flow.admit(busy)
    asked = Admission("app", asking(found), NOW, throttle=Throttle(HOUR, 1))
    assert await admitted(store, asked) == ["wait"]
    [again] = await claimed(store)
    settlement: Settlement = settled(again, "succeeded")
    assert await store.settle(settlement)
    assert await admitted(store, asked) == ["wait"]
    assert [one.attempts for one in [await store.delivery(again.delivery.delivery_id)] if one] == [1]


async def test_a_delivery_that_is_cancelled_untried_has_a_reason_and_no_attempt(
    store: Store, make: Make
) -> None:
    await store.accept([make("e", to=("app",))])
    [one] = await claimed(store)
    ended = Cancellation(one.delivery.delivery_id, NOW, (), "over the rate limit", untried=True)
    assert await store.cancel([ended]) == 1
    found = await store.delivery(one.delivery.delivery_id)
    assert found is not None
    assert (found.state, found.attempts, found.last_error) == ("cancelled", 0, "over the rate limit")


async def overdue(store: Store, start: int | None, finish: int | None) -> set[str]:
    return {one.event.id for one in await store.flow.overdue("app", start, finish)}


async def test_what_should_have_begun_or_finished_is_found(store: Store, make: Make) -> None:
    await store.accept([make("tried", to=("app",)), make("other", to=("mail",))])
    for one in await claimed(store):
        await store.settle(settled(one, "pending", NOW + HOUR, retries=1))
    await store.accept([make("waits", to=("app",)), make("later", ts=NOW + HOUR, to=("app",))])
    assert await overdue(store, NOW - 1, NOW - 1) == set()
    assert await overdue(store, NOW, None) == {"waits"}
    assert await overdue(store, None, NOW) == {"tried", "waits"}
    assert await overdue(store, NOW + HOUR, NOW + HOUR) == {"tried", "waits", "later"}
    await claimed(store)
    assert await overdue(store, NOW, None) == set()
