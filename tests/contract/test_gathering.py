"""Batches, on every store: one delivery leads, the others go with it, and nothing is left behind."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from gateway.store import Store
from gateway.store.records import (
    Attempt,
    Cancellation,
    Candidate,
    Claimed,
    NewDelivery,
    Query,
    Settlement,
    State,
)
from gateway.store.retention import Retention
from gateway.terms import Batch, Terms
from tests.contract.conftest import DAY, HOUR, NOW, candidate

pytestmark = pytest.mark.anyio

SECOND = 1000
TIMEOUT = 5 * SECOND


def gathered(
    id: str, after: int = 0, key: str = "", size: int = 3, max_body: int = 10_000, **more: object
) -> Candidate:
    """An event for `app` that comes `after` ms."""
    asked = candidate(id, at=NOW + after, to=("app",), **more)  # type: ignore[arg-type]
    return replace(asked, terms={"app": Terms(gathers=Batch(key, size, TIMEOUT, max_body))})


async def claim(store: Store, after: int = 0, slots: int = 10) -> list[Claimed]:
    """What is due then, each with the rest of its batch."""
    result = await store.claim({"app": slots}, {"app": HOUR}, NOW + after, "w")
    return [await whole(store, each) for each in result.claimed]


async def whole(store: Store, claimed: Claimed) -> Claimed:
    batch = await store.batches.of(claimed.delivery.delivery_id)
    return replace(
        claimed,
        delivery=replace(claimed.delivery, batch_id=batch.batch_id),
        others=tuple(
            replace(one, delivery=replace(one.delivery, attempts=claimed.delivery.attempts))
            for one in batch.others
        ),
    )


def ids(claimed: Claimed) -> list[str]:
    return [each.event.id for each in (claimed, *claimed.others)]


def settled(claimed: Claimed, state: State, wait: int = 0) -> Settlement:
    def one(each: Claimed) -> Settlement:
        delivery = each.delivery
        attempt = Attempt(delivery.delivery_id, delivery.attempts, NOW, 7, 500, "no")
        return Settlement(attempt, state, NOW + wait, delivery.retries + 1, NOW)

    return replace(one(claimed), others=tuple(map(one, claimed.others)))


async def states(store: Store) -> dict[str, str]:
    return {delivery.id: delivery.state for delivery in await store.deliveries(Query(limit=1000))}


async def test_a_full_batch_is_due_at_once(store: Store) -> None:
    for id in ("a", "b", "c", "d"):
        await store.accept([gathered(id)])
    [full] = await claim(store)
    assert ids(full) == ["a", "b", "c"]
    assert await claim(store, TIMEOUT - 1) == []
    [rest] = await claim(store, TIMEOUT)
    assert ids(rest) == ["d"]
    assert full.delivery.batch_id != rest.delivery.batch_id


async def test_one_that_is_not_full_is_due_after_the_timeout(store: Store) -> None:
    await store.accept([gathered("a")])
    await store.accept([gathered("b", 4 * SECOND)])
    result = await store.claim({"app": 1}, {"app": HOUR}, NOW, "w")
    assert (result.claimed, result.next_due) == ([], {"app": NOW + TIMEOUT})
    [batch] = await claim(store, TIMEOUT)
    assert ids(batch) == ["a", "b"]
    await store.accept([gathered("c", TIMEOUT)])
    assert await claim(store, TIMEOUT) == []


async def test_of_one_request_as_many_batches_as_it_fills(store: Store) -> None:
    await store.accept([gathered(id) for id in "abcdefg"])
    assert [ids(batch) for batch in await claim(store)] == [["a", "b", "c"], ["d", "e", "f"]]


async def test_a_batch_is_of_one_key(store: Store) -> None:
    await store.accept([gathered(f"{key}{n}", key=key) for n in range(2) for key in "ab"])
    assert [ids(batch) for batch in await claim(store, TIMEOUT)] == [["a0", "a1"], ["b0", "b1"]]


async def test_a_batch_has_so_many_bytes_at_most(store: Store) -> None:
    data = '{"a":"' + "x" * 4000 + '"}'
    await store.accept([gathered(id, size=100, data=data) for id in ("a", "b", "c")])
    [full] = await claim(store)
    assert ids(full) == ["a", "b"]
    await store.accept([gathered("huge", size=100, data='{"a":"' + "x" * 20_000 + '"}')])
    assert [ids(batch) for batch in await claim(store)] == [["c"], ["huge"]]


async def test_what_is_delayed_goes_alone(store: Store) -> None:
    await store.accept([gathered("a"), gathered("later", ts=NOW + HOUR), gathered("b", ts=NOW + SECOND)])
    [batch] = await claim(store, TIMEOUT)
    assert ids(batch) == ["a", "b"]
    [later] = await claim(store, HOUR)
    assert ids(later) == ["later"]


@pytest.mark.parametrize("state", ["succeeded", "dead"])
async def test_all_of_a_batch_end_together_each_with_its_attempt(store: Store, state: State) -> None:
    await store.accept([gathered(id) for id in "abc"])
    [batch] = await claim(store)
    assert await store.settle(settled(batch, state))
    assert await states(store) == dict.fromkeys("abc", state)
    for each in (batch, *batch.others):
        [attempt] = await store.attempts(each.delivery.delivery_id)
        assert (attempt.number, attempt.latency, attempt.error) == (1, 7, "no")
    assert (await claim(store, DAY), await store.waiting()) == ([], {})


async def test_a_retry_has_the_same_members_and_id(store: Store) -> None:
    await store.accept([gathered("a"), gathered("b")])
    [first] = await claim(store, TIMEOUT)
    await store.settle(settled(first, "pending", wait=HOUR))
    await store.accept([gathered("c"), gathered("d", 1)])
    [other] = await claim(store, TIMEOUT)
    [again] = await claim(store, HOUR)
    assert (ids(again), ids(other)) == (["a", "b"], ["c", "d"])
    assert again.delivery.batch_id == first.delivery.batch_id
    assert [each.delivery.attempts for each in (again, *again.others)] == [2, 2]
    assert [each.delivery.retries for each in (again, *again.others)] == [1, 1]


async def test_nothing_joins_a_batch_under_way(store: Store) -> None:
    await store.accept([gathered("a")])
    [batch] = await claim(store, TIMEOUT)
    await store.accept([gathered("b", 1)])  # by a clock that is behind
    assert ids(await whole(store, batch)) == ["a"]
    [other] = await claim(store, DAY)
    assert ids(other) == ["b"]


async def test_what_is_cancelled_leaves_its_batch(store: Store) -> None:
    await store.accept([gathered(id) for id in "abc"])
    found = {delivery.id: delivery.delivery_id for delivery in await store.deliveries(Query())}
    assert await store.cancel([Cancellation(found["b"], NOW)]) == 1
    assert [ids(batch) for batch in await claim(store, TIMEOUT)] == [["a", "c"]]


async def test_the_next_leads_where_the_first_is_cancelled_or_erased(store: Store) -> None:
    outcomes = [(await store.accept([gathered(id, size=9)]))[0] for id in ("a", "b", "c", "d")]
    found = {delivery.id: delivery for delivery in await store.deliveries(Query())}
    assert await store.cancel([Cancellation(found["a"].delivery_id, NOW)]) == 1
    assert await store.erase(outcomes[1].event_id)
    [batch] = await claim(store, TIMEOUT)
    assert (ids(batch), batch.delivery.batch_id) == (["c", "d"], found["a"].batch_id)
    await store.cancel([Cancellation(batch.delivery.delivery_id, NOW)])
    assert not await store.settle(settled(batch, "succeeded"))
    [rest] = await claim(store, TIMEOUT)
    assert ids(rest) == ["d"]


async def test_one_that_ends_alone_lets_the_next_go(store: Store) -> None:
    """As where the config has `batch` no more, or an older node makes the attempt."""
    await store.accept([gathered(id) for id in "abc"])
    for id in "abc":
        [batch] = await claim(store)
        assert batch.event.id == id
        assert await store.settle(replace(settled(batch, "succeeded"), others=()))
    assert set((await states(store)).values()) == {"succeeded"}


async def test_a_stale_worker_settles_none_of_a_batch(store: Store) -> None:
    await store.accept([gathered(id) for id in "abc"])
    [stale] = await claim(store)
    await store.settle(settled(stale, "pending"))
    [again] = await claim(store)
    assert not await store.settle(settled(stale, "dead"))
    assert set((await states(store)).values()) == {"pending"}
    assert await store.settle(settled(again, "succeeded"))


async def test_what_the_others_set_off_is_stored(store: Store) -> None:
    await store.accept([gathered(id) for id in "abc"])
    [batch] = await claim(store)
    all_of_it = settled(batch, "dead")
    others = [replace(one, emit=(candidate(f"told{n}"),)) for n, one in enumerate(all_of_it.others)]
    assert await store.settle(replace(all_of_it, others=tuple(others)))
    assert {stored.event.id for stored in await store.events(Query())} >= {"told0", "told1"}


async def test_a_replay_goes_alone(store: Store) -> None:
    outcomes = await store.accept([gathered(id) for id in "abc"])
    [batch] = await claim(store)
    await store.settle(settled(batch, "dead"))
    await store.replay(
        [NewDelivery("d2", outcomes[1].event_id, "app", NOW, batch.others[0].delivery.delivery_id)], NOW
    )
    [again] = await claim(store)
    assert (ids(again), again.delivery.batch_id) == (["b"], None)


async def test_what_waits_with_its_batch_is_waiting(store: Store) -> None:
    await store.accept([gathered("a"), gathered("b")])
    second, first = await store.deliveries(Query())
    assert (first.held, second.held, first.batch_id == second.batch_id) == (False, True, True)
    assert await store.waiting() == {"app": 2}
    [batch] = await claim(store, TIMEOUT)
    assert [each.event.id for each in await store.expired(NOW + DAY)] == ["a"]
    assert await store.owners() == ["w"]
    await store.settle(settled(batch, "succeeded"))
    purged = await store.purge(Retention(NOW + DAY, NOW + DAY, NOW, NOW))
    assert purged.windows == 1


async def test_on_two_nodes_every_event_is_in_one_batch(two: tuple[Store, Store]) -> None:
    chance = random.Random(5)
    asked = [gathered(f"{n:03}", n, f"k{n % 2}", size=7) for n in range(120)]
    found: list[Claimed] = []

    async def accept(node: Store, some: Sequence[Candidate]) -> None:
        for each in some:
            await node.accept([each])
            await asyncio.sleep(chance.random() / 1000)

    async def work(node: Store) -> None:
        """Claims at a time when some batches are full, some are due, and some are still open."""
        while sum(1 + len(each.others) for each in found) < len(asked):
            for batch in await claim(node, TIMEOUT + 50 if chance.random() < 0.5 else DAY, 1):
                found.append(batch)
                assert await node.settle(settled(batch, "succeeded"))

    async with asyncio.timeout(60):
        await asyncio.gather(
            accept(two[0], asked[::2]), accept(two[1], asked[1::2]), work(two[0]), work(two[1])
        )
    assert sorted(id for batch in found for id in ids(batch)) == [f"{n:03}" for n in range(120)]
    assert all(len({int(id) % 2 for id in ids(batch)}) == 1 and len(ids(batch)) <= 7 for batch in found)
    assert set((await states(two[0])).values()) == {"succeeded"}
