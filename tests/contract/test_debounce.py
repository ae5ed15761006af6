"""Debounce, on every store: of one key the latest is delivered, once none came for a while."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.store import Store
from gateway.store.records import Attempt, Candidate, Query, Settlement
from gateway.store.retention import Retention
from gateway.terms import Debounce, Terms
from tests.contract.conftest import DAY, HOUR, NOW, candidate

pytestmark = pytest.mark.anyio

SECOND = 1000
PERIOD, TIMEOUT = 30 * SECOND, 100 * SECOND


def bounced(
    id: str, after: int = 0, key: str = "k", ts: int | None = None, timeout: int | None = TIMEOUT
) -> Candidate:
    """An event for `app` that comes `after` ms."""
    at = NOW + after
    asked = candidate(id, at=at, ts=at if ts is None else ts, to=("app",))
    return replace(asked, terms={"app": Terms(gathers=Debounce(key, PERIOD, timeout))})


async def claim(store: Store, after: int) -> list[str]:
    """What is due then."""
    result = await store.claim({"app": 10}, {"app": HOUR}, NOW + after, "w")
    return [claimed.event.id for claimed in result.claimed]


async def due(store: Store) -> list[tuple[str, int]]:
    """What is pending, and in how many ms from the start it is due."""
    found = await store.deliveries(Query(state="pending"))
    return [(delivery.id, delivery.due_at - NOW) for delivery in found][::-1]


async def test_the_latest_is_due_once_none_came_for_the_period(store: Store) -> None:
    for id, after in (("a", 0), ("b", 10 * SECOND), ("c", 35 * SECOND)):
        await store.accept([bounced(id, after)])
    assert await due(store) == [("c", 65 * SECOND)]
    assert await claim(store, 65 * SECOND - 1) == []
    assert await claim(store, 65 * SECOND) == ["c"]


async def test_what_gives_way_says_to_which(store: Store) -> None:
    await store.accept([bounced("a")])
    [second] = await store.accept([bounced("b", SECOND)])
    [first] = await store.deliveries(Query(state="cancelled"))
    assert (first.id, first.last_error, first.finished_at) == (
        "a", f"debounced by {second.event_id}", NOW + SECOND
    )  # fmt: skip


async def test_it_is_due_at_the_latest_after_the_timeout(store: Store) -> None:
    for n in range(5):
        await store.accept([bounced(f"e{n}", n * 24 * SECOND)])
    assert await due(store) == [("e4", TIMEOUT)]
    await store.accept([bounced("next", TIMEOUT)])
    assert await due(store) == [("e4", TIMEOUT), ("next", TIMEOUT + PERIOD)]


async def test_without_a_timeout_it_waits_for_quiet(store: Store) -> None:
    for n in range(20):
        await store.accept([bounced(f"e{n}", n * 20 * SECOND, timeout=None)])
    assert await due(store) == [("e19", 19 * 20 * SECOND + PERIOD)]


async def test_other_keys_and_subscriptions_flow(store: Store) -> None:
    await store.accept([bounced("a", key="a"), bounced("b", key="b"), candidate("c", to=("app", "mail"))])
    assert await due(store) == [("c", 0), ("c", 0), ("a", PERIOD), ("b", PERIOD)]


async def test_of_one_request_the_last_is_delivered(store: Store) -> None:
    await store.accept([bounced("a"), bounced("b", 1), bounced("c", 2)])
    assert await due(store) == [("c", PERIOD + 2)]
    assert {d.id for d in await store.deliveries(Query(state="cancelled"))} == {"a", "b"}


async def test_what_happened_before_gives_way_at_once_and_delays_nothing(store: Store) -> None:
    [newer] = await store.accept([bounced("newer", 0)])
    await store.accept([bounced("older", SECOND, ts=NOW - HOUR)])
    assert await due(store) == [("newer", PERIOD)]
    [older] = await store.deliveries(Query(state="cancelled"))
    assert (older.id, older.last_error) == ("older", f"debounced: {newer.event_id} happened later")


async def test_an_event_of_the_future_is_due_then_and_gives_way_to_the_next_word(store: Store) -> None:
    await store.accept([bounced("later", 0, ts=NOW + HOUR)])
    assert await due(store) == [("later", HOUR)]
    await store.accept([bounced("now", SECOND)])
    assert await due(store) == [("now", PERIOD + SECOND)]


async def test_what_is_under_way_or_was_tried_is_left_alone(store: Store) -> None:
    await store.accept([bounced("a")])
    result = await store.claim({"app": 1}, {"app": HOUR}, NOW + PERIOD, "w")
    await store.accept([bounced("b", 1)])  # by a clock that is behind
    delivery = result.claimed[0].delivery
    attempt = Attempt(delivery.delivery_id, 1, NOW, 1, 500)
    assert await store.settle(Settlement(attempt, "pending", NOW + HOUR, 1, NOW))
    await store.accept([bounced("c", 2)])
    assert await due(store) == [("a", HOUR), ("c", 2 + PERIOD)]


async def test_what_is_due_and_waits_for_a_worker_is_delivered(store: Store) -> None:
    await store.pause("app", "by hand", NOW)
    await store.accept([bounced("a")])
    await store.accept([bounced("b", PERIOD)])
    await store.resume("app")
    assert await claim(store, HOUR) == ["a", "b"]


async def test_what_was_cancelled_or_erased_begins_anew(store: Store) -> None:
    [first] = await store.accept([bounced("a")])
    await store.erase(first.event_id)
    await store.accept([bounced("b", SECOND)])
    assert await due(store) == [("b", SECOND + PERIOD)]
    assert await store.deliveries(Query(state="cancelled")) == []


async def test_a_next_look_is_told_when_the_latest_is_due(store: Store) -> None:
    await store.accept([bounced("a")])
    await store.accept([bounced("b", 5 * SECOND)])
    result = await store.claim({"app": 1}, {"app": HOUR}, NOW + PERIOD, "w")
    assert (result.claimed, result.next_due) == ([], {"app": NOW + PERIOD + 5 * SECOND})


async def test_ended_windows_are_purged(store: Store) -> None:
    await store.accept([bounced("a"), bounced("b", key="b")])
    retain = Retention(NOW + DAY, NOW - DAY, NOW, NOW)
    assert (await store.purge(replace(retain, now=NOW + PERIOD - 1))).windows == 0
    assert (await store.purge(retain)).windows == 2
    await store.accept([bounced("c", SECOND)])
    assert [id for id, _ in await due(store)] == ["a", "b", "c"]


async def test_of_events_that_race_on_two_nodes_one_a_key_is_left(two: tuple[Store, Store]) -> None:
    asked = [bounced(f"{n:02}", n, f"k{n % 3}") for n in range(60)]
    await asyncio.gather(*(two[n % 2].accept([each]) for n, each in enumerate(asked)))
    left = [delivery.id for delivery in await two[0].deliveries(Query(state="pending"))]
    assert sorted(left) == ["57", "58", "59"]
    ended = await two[0].deliveries(Query(state="cancelled", limit=100))
    assert len(ended) == 57
    assert all(delivery.last_error and delivery.last_error.startswith("debounced") for delivery in ended)


async def test_a_claim_and_a_later_event_that_race_lose_nothing(two: tuple[Store, Store]) -> None:
    """Either the first gives way, or it is claimed and the later one waits for itself."""
    for n in range(20):
        at = n * HOUR
        await two[0].accept([bounced(f"a{n}", at)])
        _, claimed = await asyncio.gather(
            two[0].accept([bounced(f"b{n}", at + PERIOD - 1)]), claim(two[1], at + PERIOD)
        )
        states = {d.id: d.state for d in await two[0].deliveries(Query(limit=2))}
        expected = "pending" if f"a{n}" in claimed else "cancelled"
        assert (states[f"a{n}"], states[f"b{n}"]) == (expected, "pending")
        await claim(two[1], at + HOUR - 1)
