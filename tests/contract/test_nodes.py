"""Two nodes on one store: what one did the other knows, and nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from gateway.store import Store
from gateway.store.records import Attempt, Claimed, Query, Settlement, State
from gateway.store.retention import Retention
from tests.contract.conftest import DAY, HOUR, NOW, Make

pytestmark = pytest.mark.anyio

Two = tuple[Store, Store]
LEASE = 30_000


async def claim(store: Store, slots: int = 10, owner: str = "w") -> list[Claimed]:
    return list((await store.claim({"app": slots}, {"app": LEASE}, NOW, owner)).claimed)


def settled(claimed: Claimed, state: State) -> Settlement:
    attempt = Attempt(claimed.delivery.delivery_id, claimed.delivery.attempts, NOW, 1, 200)
    return Settlement(attempt, state, NOW, 0, NOW)


async def test_copies_sent_to_two_nodes_make_one_event(two: Two, make: Make) -> None:
    outcomes = await asyncio.gather(*(two[n % 2].accept([make("evt_1", to=("app",))]) for n in range(300)))
    assert sum(outcome.duplicate is None for [outcome] in outcomes) == 1
    assert len({outcome.event_id for [outcome] in outcomes}) == 1
    assert [len(await store.events(Query())) for store in two] == [1, 1]
    assert len(await two[0].deliveries(Query())) == 1


async def test_a_key_whose_window_has_ended_is_taken_by_one_of_two_nodes(two: Two, make: Make) -> None:
    for round in range(5):
        at = NOW + round * HOUR
        copies = (two[n % 2].accept([make("evt_1", at=at + n % 3)]) for n in range(40))
        outcomes = await asyncio.gather(*copies)
        assert sum(outcome.duplicate is None for [outcome] in outcomes) == 1
    assert len(await two[0].events(Query())) == 5


async def test_batches_that_cross_on_two_nodes_wait_for_each_other(two: Two, make: Make) -> None:
    ids = [f"e{n}" for n in range(20)]
    batches = [ids if n % 2 else ids[::-1] for n in range(20)]
    stored = (two[n // 2 % 2].accept([make(id) for id in batch]) for n, batch in enumerate(batches))
    outcomes = await asyncio.gather(*stored)
    assert sum(outcome.duplicate is None for batch in outcomes for outcome in batch) == 20
    assert sorted(event.event.id for event in await two[0].events(Query())) == sorted(ids)


async def test_each_of_two_nodes_claims_what_the_other_does_not(two: Two, make: Make) -> None:
    await two[0].accept([make(f"e{n}", to=("app",)) for n in range(300)])
    taken: dict[str, list[str]] = {"a": [], "b": []}

    async def work(store: Store, owner: str) -> None:
        while claimed := await claim(store, 5, owner):
            taken[owner] += [one.delivery.delivery_id for one in claimed]

    await asyncio.gather(work(two[0], "a"), work(two[1], "b"))
    both = taken["a"] + taken["b"]
    assert len(both) == len(set(both)) == 300


async def test_one_node_settles_what_another_has_lost_and_not_the_other_way(two: Two, make: Make) -> None:
    await two[0].accept([make("e", to=("app",))])
    [stale] = await claim(two[0], owner="a")
    [lost] = await two[1].expired(NOW + LEASE)
    assert await two[1].settle(settled(lost, "pending"))
    [fresh] = await claim(two[1], owner="b")
    assert not await two[0].settle(settled(stale, "succeeded"))
    assert await two[1].settle(settled(fresh, "succeeded"))


async def test_two_settlements_of_one_attempt_count_once(two: Two, make: Make) -> None:
    await two[0].accept([make("e", to=("app",))])
    [claimed] = await claim(two[0])
    held = await asyncio.gather(*(two[n % 2].settle(settled(claimed, "succeeded")) for n in range(6)))
    assert sorted(held) == [False] * 5 + [True]
    assert len(await two[0].attempts(claimed.delivery.delivery_id)) == 1


async def test_a_pause_on_one_node_holds_on_the_other(two: Two, make: Make) -> None:
    await two[0].accept([make("e", to=("app",))])
    assert await two[0].pause("app", "by hand", NOW)
    assert await claim(two[1]) == []
    assert await two[1].resume("app")
    assert len(await claim(two[0])) == 1


async def test_a_new_delivery_wakes_the_other_node(two: Two, make: Make) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    def wake(subscriptions: Iterable[str]) -> None:
        for name in subscriptions:
            heard.put_nowait(name)

    await two[0].listen(wake)
    await two[1].accept([make("e", to=("app",))])
    assert await asyncio.wait_for(heard.get(), 5) == "app"


async def test_two_purges_at_once_take_each_event_once(two: Two, make: Make) -> None:
    await two[0].accept([make(f"e{n}", at=NOW - (2 + n % 2) * DAY) for n in range(20)])
    retain = Retention(NOW, NOW, NOW, NOW)

    async def purge(store: Store) -> int:
        events = 0
        while (purged := await store.purge(retain, limit=3)).total:
            events += purged.events
        return events

    assert sum(await asyncio.gather(purge(two[0]), purge(two[1]))) == 20
    assert await two[0].events(Query()) == []


async def test_a_key_stays_taken_on_the_other_node_when_its_event_is_erased(two: Two, make: Make) -> None:
    [first] = await two[0].accept([make("e", data='{"a":1}')])
    assert await two[0].erase(first.event_id)
    [again] = await two[1].accept([make("e", at=NOW + 1, data='{"a":2}')])
    assert again.duplicate is not None
    assert (again.event_id, again.duplicate.differs, again.duplicate.fields) == (first.event_id, True, ())
