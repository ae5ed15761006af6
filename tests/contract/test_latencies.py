"""How long attempts and deliveries take, of the newest deliveries, the same on every store."""

from __future__ import annotations

import pytest

from gateway.operate.latencies import Within, latencies
from gateway.store import Store
from gateway.store.rates import Times
from gateway.store.records import Attempt, Delivery, NewDelivery, Settlement, State
from tests.contract.conftest import HOUR, NOW, Make

pytestmark = pytest.mark.anyio


async def settle(store: Store, latency: int, at: int, state: State = "succeeded") -> Delivery:
    """One attempt of what is due for `app`, that took `latency` ms and ended at `at`."""
    (claimed,) = (await store.claim({"app": 1}, {"app": HOUR}, at, "me")).claimed
    one = claimed.delivery
    attempt = Attempt(one.delivery_id, one.attempts, at, latency, 200)
    assert await store.settle(Settlement(attempt, state, at, one.retries, at))
    return one


async def test_attempts_and_deliveries_are_timed(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", to=("app",))])
    await settle(store, 40, NOW + 100, "pending")
    await settle(store, 50, NOW + 900)
    await store.accept([make("evt_2", at=NOW + 1, to=("other",))])
    assert await store.rates.times(100) == [Times("app", [40, 50], [900])]


async def test_a_replay_counts_its_attempts_only(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", to=("app",))])
    first = await settle(store, 5, NOW + 10)
    new = NewDelivery("01JB0000000000000000000009", first.event_id, "app", NOW + HOUR, first.delivery_id)
    await store.replay([new], NOW + HOUR)
    await settle(store, 7, NOW + HOUR)
    (times,) = await store.rates.times(100)
    assert (sorted(times.attempts), times.deliveries) == ([5, 7], [10])


async def test_what_was_wanted_later_counts_from_then(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", to=("app",), ts=NOW + HOUR)])
    await settle(store, 5, NOW + HOUR + 30)
    assert [times.deliveries for times in await store.rates.times(100)] == [[30]]


async def test_only_the_newest_are_looked_at(store: Store, make: Make) -> None:
    for number in range(3):
        await store.accept([make(f"evt_{number}", at=NOW + number, to=("app",))])
        await settle(store, number, NOW + number)
    (times,) = await store.rates.times(2)
    assert sorted(times.attempts) == [1, 2]
    assert (await latencies(store))["app"].attempts == Within(count=3, p50=1, p95=2, p99=2)


# times, then p50, p95, p99
PERCENTILES = [
    ([], (None, None, None)),
    ([7], (7, 7, 7)),
    ([3, 1, 2], (2, 3, 3)),
    (list(range(1, 101)), (50, 95, 99)),
    (list(range(1, 201)), (100, 190, 198)),
]


@pytest.mark.parametrize(("times", "within"), PERCENTILES)
def test_percentiles_are_times_that_were(times: list[int], within: tuple[int | None, ...]) -> None:
    found = Within.of(times)
    assert (found.p50, found.p95, found.p99) == within
