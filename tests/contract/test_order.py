"""Order by key, on every store: of one key one after the other, by time and then arrival; others flow."""

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
from tests.contract.conftest import HOUR, NOW, candidate

pytestmark = pytest.mark.anyio

LEASE = 30_000
SECOND = 1000


def keyed(id: str, key: str = "k", ts: int = NOW, at: int = NOW) -> Candidate:
    """An event for `app` whose deliveries of one key keep their order."""
    return replace(candidate(id, at=at, ts=ts, to=("app",)), orders={"app": key})


async def claim(store: Store, now: int = NOW, slots: int = 10) -> Sequence[Claimed]:
    return (await store.claim({"app": slots}, {"app": LEASE}, now, "w", {"app"})).claimed


async def ids(store: Store, now: int = NOW, slots: int = 10) -> list[str]:
    return [claimed.event.id for claimed in await claim(store, now, slots)]


def settled(claimed: Claimed, state: State, now: int = NOW, wait: int = 0, skip: bool = False) -> Settlement:
    delivery = claimed.delivery
    attempt = Attempt(delivery.delivery_id, delivery.attempts, now, 1, 500)
    place = now + wait if skip and state == "pending" else None
    return Settlement(attempt, state, now + wait, 1, now, ordered="app", order_at=place)


async def test_the_next_of_a_key_waits_while_other_keys_flow(store: Store) -> None:
    await store.accept([keyed("a1", "a"), keyed("a2", "a"), keyed("b1", "b"), candidate("none", to=("app",))])
    assert await ids(store) == ["a1", "b1", "none"]
    assert await ids(store) == []


@pytest.mark.parametrize("state", ["succeeded", "dead"])
async def test_the_end_of_a_delivery_frees_the_next(store: Store, state: State) -> None:
    await store.accept([keyed("a1"), keyed("a2"), keyed("a3")])
    [first] = await claim(store)
    assert await ids(store) == []
    assert await store.settle(settled(first, state))
    assert await ids(store) == ["a2"]


async def test_a_retry_blocks_its_key(store: Store) -> None:
    await store.accept([keyed("a1"), keyed("a2")])
    [first] = await claim(store)
    await store.settle(settled(first, "pending", wait=60 * SECOND))
    assert await ids(store, NOW + SECOND) == []
    assert await ids(store, NOW + 60 * SECOND) == ["a1"]


async def test_a_retry_that_is_skipped_lets_the_next_go(store: Store) -> None:
    await store.accept([keyed("a1"), keyed("a2"), keyed("a3")])
    [first] = await claim(store)
    await store.settle(settled(first, "pending", wait=60 * SECOND, skip=True))
    [second] = await claim(store, NOW + SECOND)
    assert (second.event.id, await ids(store, NOW + 60 * SECOND)) == ("a2", [])
    await store.settle(settled(second, "succeeded"))
    [third] = await claim(store, NOW + 60 * SECOND)
    await store.settle(settled(third, "succeeded"))
    assert (third.event.id, await ids(store, NOW + 60 * SECOND)) == ("a3", ["a1"])


async def test_what_happened_earlier_goes_first_even_where_it_arrives_later(store: Store) -> None:
    await store.accept([keyed("late", ts=NOW - SECOND), keyed("other", "o")])
    await store.accept([keyed("early", ts=NOW - HOUR)])
    assert await ids(store) == ["early", "other"]


async def test_a_delayed_event_holds_back_none_that_happens_before_it(store: Store) -> None:
    await store.accept([keyed("later", ts=NOW + HOUR)])
    await store.accept([keyed("now")])
    [now] = await claim(store)
    assert now.event.id == "now"
    assert await ids(store, NOW + HOUR) == []
    await store.settle(settled(now, "succeeded"))
    assert await ids(store, NOW + HOUR) == ["later"]


async def test_what_is_cancelled_or_erased_frees_the_next(store: Store) -> None:
    outcomes = await store.accept([keyed("a1"), keyed("a2"), keyed("a3")])
    [first] = await claim(store)
    assert await ids(store) == []
    assert await store.cancel([Cancellation(first.delivery.delivery_id, NOW)]) == 1
    [second] = await claim(store)
    assert (second.event.id, await ids(store)) == ("a2", [])
    await store.erase(outcomes[1].event_id)
    assert await ids(store) == ["a3"]


async def test_a_replay_keeps_its_key_and_its_place(store: Store) -> None:
    [outcome] = await store.accept([keyed("a1", ts=NOW - HOUR)])
    [first] = await claim(store)
    await store.settle(settled(first, "dead"))
    await store.accept([keyed("a2")])
    await store.replay([NewDelivery("d2", outcome.event_id, "app", NOW, first.delivery.delivery_id)], NOW)
    [again] = await claim(store)
    assert (again.event.id, again.delivery.order_key) == ("a1", "k")


async def test_what_is_held_is_waiting_and_not_in_flight(store: Store) -> None:
    await store.accept([keyed("a1"), keyed("a2")])
    await claim(store)
    await claim(store)
    held, leased = await store.deliveries(Query())
    assert (held.held, held.leased_until, leased.held) == (True, None, False)
    assert await store.waiting() == {"app": 1}
    assert await store.owners() == ["w"]
    assert [lost.event.id for lost in await store.expired(NOW + HOUR * 10**6)] == ["a1"]
    await store.pause("app", "by hand", NOW)
    assert [pause.waiting for pause in await store.paused()] == [1]


async def test_a_stale_worker_cannot_settle_what_is_held_meanwhile(store: Store) -> None:
    await store.accept([keyed("late")])
    [stale] = await claim(store)
    await store.settle(settled(stale, "pending"))
    await store.accept([keyed("early", ts=NOW - HOUR)])
    assert await ids(store) == ["early"]
    assert not await store.settle(settled(stale, "succeeded"))


async def test_a_long_queue_of_one_key_is_looked_at_once(store: Store) -> None:
    await store.accept([keyed(f"a{n}", "a") for n in range(700)])
    await store.accept([keyed("b1", "b", ts=NOW)])
    [first] = await claim(store)
    result = await store.claim({"app": 10}, {"app": LEASE}, NOW, "w", {"app"})
    assert (first.event.id, [c.event.id for c in result.claimed], result.next_due) == ("a0", ["b1"], {})


async def test_workers_that_race_on_two_nodes_keep_the_order(two: tuple[Store, Store]) -> None:
    await two[0].accept([keyed(f"{n:02}", f"k{n % 4}", ts=NOW - n) for n in range(60)])
    done: list[str] = []

    async def work(store: Store) -> None:
        while len(done) < 60:
            for claimed in await claim(store, slots=2):
                done.append(claimed.event.id)
                await store.settle(settled(claimed, "succeeded"))

    async with asyncio.timeout(60):
        await asyncio.gather(*(work(two[n % 2]) for n in range(6)))
    for key in range(4):
        expected = [f"{n:02}" for n in range(59, -1, -1) if n % 4 == key]
        assert [id for id in done if int(id) % 4 == key] == expected


class Run:
    """A random run of two nodes on one store, and what it must keep to."""

    def __init__(self, nodes: tuple[Store, Store], seed: int, skip: bool) -> None:
        self.nodes, self.chance, self.skip = nodes, random.Random(seed), skip
        self.now, self.count = NOW, 0
        self.place: dict[str, tuple[int, int]] = {}
        self.key: dict[str, str] = {}
        self.pending: set[str] = set()
        self.leased: dict[str, Claimed] = {}

    async def accept(self) -> None:
        at = self.now + self.chance.choice([0, 0, -HOUR, -5 * SECOND, 20 * SECOND])
        id, key = f"e{self.count}", self.chance.choice("abc")
        self.count += 1
        self.place[id], self.key[id] = (at, self.count), key
        await self.chance.choice(self.nodes).accept([keyed(id, key, at, self.now)])
        self.pending.add(id)

    async def claim(self) -> None:
        """Both nodes at once. A crash is a claim that nobody settles until its lease has run out."""
        slots = self.chance.randint(1, 3)
        results = await asyncio.gather(*(claim(node, self.now, slots) for node in self.nodes))
        for claimed in (one for result in results for one in result):
            self.check(claimed.event.id)
            self.leased[claimed.event.id] = claimed

    def check(self, id: str) -> None:
        same = {other for other in self.pending if self.key[other] == self.key[id]}
        assert not same & self.leased.keys(), f"{id} is claimed while another of its key is under way"
        first = min(same, key=self.place.__getitem__)
        assert id == first, f"{id} is claimed before {first}"

    async def settle(self, claimed: Claimed, state: State) -> None:
        id, wait = claimed.event.id, self.chance.choice([0, 10 * SECOND])
        node = self.chance.choice(self.nodes)
        assert await node.settle(settled(claimed, state, self.now, wait, self.skip))
        del self.leased[id]
        if state != "pending":
            self.pending.discard(id)
        elif self.skip:
            self.place[id] = (self.now + wait, self.place[id][1])

    async def end_one(self) -> None:
        if self.leased:
            claimed = self.leased[self.chance.choice(sorted(self.leased))]
            await self.settle(claimed, self.chance.choice(["succeeded", "dead", "pending"]))

    async def lose_leases(self) -> None:
        self.now += LEASE
        for claimed in await self.nodes[0].expired(self.now):
            await self.settle(claimed, "pending")

    async def cancel(self) -> None:
        if self.pending:
            id = self.chance.choice(sorted(self.pending))
            [delivery] = [d for d in await self.nodes[0].deliveries(Query(limit=1000)) if d.id == id]
            assert await self.nodes[1].cancel([Cancellation(delivery.delivery_id, self.now)]) == 1
            self.pending.discard(id)
            self.leased.pop(id, None)

    async def drain(self) -> None:
        """Whatever happened, in the end every delivery has its turn."""
        for _ in range(20 * self.count):
            if not self.pending:
                return
            self.now += 30 * SECOND
            await self.lose_leases()
            await self.claim()
            for claimed in list(self.leased.values()):
                await self.settle(claimed, "succeeded")
        raise AssertionError(f"nobody claims {sorted(self.pending)}")


@pytest.mark.parametrize("skip", [False, True], ids=["block", "skip"])
@pytest.mark.parametrize("seed", range(5))
async def test_any_interleaving_keeps_the_order_of_every_key(
    two: tuple[Store, Store], seed: int, skip: bool
) -> None:
    run = Run(two, seed, skip)
    steps = [run.accept, run.claim, run.end_one, run.lose_leases, run.cancel]
    for _ in range(60):
        await run.chance.choices(steps, [8, 8, 8, 1, 1])[0]()
        run.now += run.chance.choice([0, 1, SECOND])
    await run.drain()
