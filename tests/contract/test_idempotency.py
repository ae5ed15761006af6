"""Idempotency of a subscription, on every store: of one key the first is delivered, the others tell of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.store import Store
from gateway.store.records import Candidate, NewDelivery, Query
from gateway.store.retention import Retention
from gateway.terms import Once, Terms
from gateway.verdict import Verdict
from tests.contract.conftest import HOUR, NOW, candidate

pytestmark = pytest.mark.anyio

SAID = Verdict("app", "idempotency", "event.v", '{"event.v":"v1"}')


def once(id: str, key: str = "k", at: int = NOW, name: str = "app", window: int = HOUR) -> Candidate:
    """An event for `app` and `mail`, of which the subscription `name` wants one a key."""
    asked = candidate(id, at=at, to=("app", "mail"))
    return replace(asked, terms={name: Terms(Once(key, window, replace(SAID, subscription=name)))})


async def delivered(store: Store, to: str = "app") -> list[str]:
    """The ids of the events that have a delivery, the first first."""
    return [delivery.id for delivery in await store.deliveries(Query(subscription=to))][::-1]


async def test_of_one_key_the_first_is_delivered(store: Store) -> None:
    for each in (once("a"), once("b"), once("c", "other"), once("d")):
        await store.accept([each])
    assert await delivered(store) == ["a", "c"]
    assert await delivered(store, "mail") == ["a", "b", "c", "d"]


async def test_a_repetition_tells_which_event_came_first(store: Store) -> None:
    [first], [second] = [await store.accept([once(id)]) for id in ("a", "b")]
    [said] = await store.verdicts(second.event_id)
    assert said == replace(SAID, event_id=second.event_id, first_event_id=first.event_id)
    assert await store.verdicts(first.event_id) == []


async def test_of_one_request_the_first_is_delivered(store: Store) -> None:
    await store.accept([once("a"), once("b"), once("c")])
    assert await delivered(store) == ["a"]


async def test_after_the_window_the_next_is_delivered_and_holds_the_key(store: Store) -> None:
    for id, at in (("a", NOW), ("b", NOW + HOUR - 1), ("c", NOW + HOUR), ("d", NOW + HOUR + 1)):
        await store.accept([once(id, at=at)])
    assert await delivered(store) == ["a", "c"]


async def test_a_window_that_ends_within_one_request_is_taken_again(store: Store) -> None:
    await store.accept([once("a"), once("b", at=NOW + HOUR), once("c", at=NOW + HOUR + 1)])
    await store.accept([once("d", at=NOW + HOUR + 2)])
    assert await delivered(store) == ["a", "b"]


async def test_a_key_is_its_subscriptions_own_and_no_dedupe_key(store: Store) -> None:
    await store.accept([once("a", "k")])
    await store.accept([once("b", "k", name="mail")])
    await store.accept([once("k", "z")])
    assert (await delivered(store), await delivered(store, "mail")) == (["a", "b", "k"], ["a", "b", "k"])


async def test_a_duplicate_takes_no_key(store: Store) -> None:
    await store.accept([once("a", "first")])
    await store.accept([once("a", "k")])
    await store.accept([once("b", "k")])
    assert await delivered(store) == ["a", "b"]


async def test_a_repetition_replaces_what_else_was_told(store: Store) -> None:
    await store.accept([once("a")])
    failed = Verdict("app", "order", "event.data.x", "{}", "no field")
    [second] = await store.accept([replace(once("b"), verdicts=(failed,))])
    assert [each.reason for each in await store.verdicts(second.event_id)] == ["idempotency"]


async def test_a_replay_is_delivered_whatever_its_key(store: Store) -> None:
    await store.accept([once("a")])
    [second] = await store.accept([once("b")])
    assert await store.replay([NewDelivery("d", second.event_id, "app", NOW)], NOW) == 1


async def test_a_key_goes_when_its_window_has_ended(store: Store) -> None:
    await store.accept([once("a")])
    await store.accept([once("repeated")])
    purged = await store.purge(Retention(NOW + HOUR, NOW - HOUR, NOW, NOW))
    assert purged.keys == 3  # the two dedupe keys, and the idempotency key


async def test_of_events_that_race_on_two_nodes_one_is_delivered(two: tuple[Store, Store]) -> None:
    asked = [once(f"{n:02}", f"k{n % 3}") for n in range(60)]
    await asyncio.gather(*(two[n % 2].accept([each]) for n, each in enumerate(asked)))
    found = await delivered(two[0])
    assert sorted(int(id) % 3 for id in found) == [0, 1, 2]
    assert len(await delivered(two[0], "mail")) == 60
