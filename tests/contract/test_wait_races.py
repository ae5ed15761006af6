"""Waits and cancellations that race with their events, time and the worker: one outcome, the right one."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest

from gateway.store import Store
from gateway.store.records import Attempt, Cancellation, Candidate, Claimed, Query, Settlement
from tests.contract.conftest import HOUR, NOW, candidate
from tests.contract.test_waits import PAID, chosen, ended_by, order, paid

pytestmark = pytest.mark.anyio

CANCELLED = "shop/order.cancelled"
LEASE = 30_000
MINUTE = 60_000


class Run:
    """A random run of two nodes on one store, and what it must keep to."""

    def __init__(self, nodes: tuple[Store, Store], seed: int) -> None:
        self.nodes, self.chance = nodes, random.Random(seed)
        self.now = NOW
        self.log: list[tuple[str, str, int, int]] = []
        self.leased: dict[str, Claimed] = {}
        self.outcomes: dict[str, tuple[str, str | None]] = {}
        self.cancelled: list[str] = []
        self.condemned: set[str] = set()

    async def accept(self) -> None:
        """One to three events in one request, of few orders, so that they meet."""
        made = [self.event() for _ in range(self.chance.randint(1, 3))]
        await self.chance.choice(self.nodes).accept(made)

    def event(self) -> Candidate:
        kind, number = self.chance.choice(["order", "paid", "cancelled"]), self.chance.randint(1, 4)
        id = f"{kind}{len(self.log)}"
        self.log.append((id, kind, number, self.now))
        if kind == "order":
            made = order(id, number, self.now, timeout=self.chance.choice([MINUTE, 5 * MINUTE]))
            return ended_by(made) if self.chance.random() < 0.5 else made
        return paid(id, number, self.now, PAID if kind == "paid" else CANCELLED)

    async def follow(self) -> None:
        """Both nodes look at the same arrival; one of them may stop before it has written anything down."""
        looks = [await node.waits.look(limit=2) for node in self.nodes]
        asked = [
            node.waits.resolve(look, chosen(look), self.now)
            for node, look in zip(self.nodes, looks, strict=True)
            if look is not None and self.chance.random() < 0.8
        ]
        await asyncio.gather(*asked)
        for wait in await self.nodes[0].waits.condemned():
            self.condemned.add(wait.delivery_id)

    async def time_out(self) -> None:
        await asyncio.gather(*(node.waits.time_out(self.now) for node in self.nodes))

    async def cancel(self) -> None:
        """Both nodes cancel what is to be cancelled."""
        waits = await self.nodes[0].waits.condemned()
        asked = [Cancellation(wait.delivery_id, self.now) for wait in waits]
        ended = await asyncio.gather(*(node.cancel(asked) for node in self.nodes))
        assert sum(ended) == len(asked)
        self.cancelled += [wait.delivery_id for wait in waits]

    async def claim(self) -> None:
        results = await asyncio.gather(
            *(n.claim({"app": 2}, {"app": LEASE}, self.now, "w") for n in self.nodes)
        )
        for claimed in (one for result in results for one in result.claimed):
            assert claimed.delivery.delivery_id not in self.condemned, "claimed although it is cancelled"
            [wait] = [one for one in claimed.waits if not one.wait.ends]
            assert wait.wait.state != "open", "claimed while it waits"
            outcome = (wait.wait.state, wait.event.id if wait.event else None)
            assert self.outcomes.setdefault(claimed.event.id, outcome) == outcome, "two outcomes"
            self.leased[claimed.delivery.delivery_id] = claimed

    async def settle(self) -> None:
        if self.leased:
            id = self.chance.choice(sorted(self.leased))
            await self.end(self.leased.pop(id), self.chance.random() < 0.5)

    async def end(self, claimed: Claimed, well: bool) -> None:
        delivery = claimed.delivery
        attempt = Attempt(delivery.delivery_id, delivery.attempts, self.now, 1, 200 if well else 500)
        settled = Settlement(attempt, "succeeded" if well else "pending", self.now, 1, self.now)
        assert await self.chance.choice(self.nodes).settle(settled)

    async def drain(self) -> None:
        for _ in range(40):
            self.now += MINUTE
            while await self.nodes[0].waits.look() is not None:
                await self.follow()
            await self.time_out()
            await self.cancel()
            await self.claim()
            for id in list(self.leased):
                await self.end(self.leased.pop(id), True)

    def expected(self, id: str, number: int, until: int) -> tuple[str, str | None]:
        """What must come of an order's wait: the first that fits behind it, in time, or none."""
        place = [one[0] for one in self.log].index(id)
        for other, kind, its, at in self.log[place + 1 :]:
            if kind == "paid" and its == number and at <= until:
                return "matched", other
        return "timeout", None


@pytest.mark.parametrize("seed", range(8))
async def test_any_interleaving_gives_each_wait_its_one_outcome(two: tuple[Store, Store], seed: int) -> None:
    print(f"seed {seed}")
    run = Run(two, seed)
    steps = [run.accept, run.follow, run.time_out, run.cancel, run.claim, run.settle]
    for _ in range(50):
        await run.chance.choices(steps, [8, 6, 2, 2, 6, 6])[0]()
        run.now += run.chance.choice([0, 1, 1000, MINUTE])
    await run.drain()
    deliveries = await two[0].deliveries(Query(limit=1000))
    assert {one.state for one in deliveries} <= {"succeeded", "cancelled"}
    assert sorted(run.cancelled) == sorted(one.delivery_id for one in deliveries if one.state == "cancelled")
    for one in deliveries:
        waits = [wait for wait in await two[0].waits.of([one.delivery_id]) if not wait.ends]
        number = next(its for id, _, its, _ in run.log if id == one.id)
        if waits:
            until = waits[0].until
            assert until is not None and one.id in run.outcomes or one.state == "cancelled"
        if one.id in run.outcomes and waits:
            assert run.outcomes[one.id] == run.expected(one.id, number, waits[0].until or 0)
    assert await two[0].waits.open() == 0


@pytest.mark.parametrize("seed", range(3))
async def test_events_that_come_while_waits_are_opened_are_never_lost_nor_counted_twice(
    two: tuple[Store, Store], seed: int
) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    orders = [order(f"o{n}", n) for n in range(30)]

    async def send(made: Candidate, number: int) -> None:
        await chance.choice(two).accept([made])
        await chance.choice(two).accept([paid(f"p{number}", number), paid(f"q{number}", number)])

    async def follow(node: Store) -> None:
        for _ in range(60):
            if (look := await node.waits.look(2)) is not None:
                await node.waits.resolve(look, chosen(look), NOW)
            await asyncio.sleep(0)

    await asyncio.gather(*(send(made, n) for n, made in enumerate(orders)), *map(follow, two))
    while (look := await two[0].waits.look()) is not None:
        await two[0].waits.resolve(look, chosen(look), NOW)
    claimed = (await two[0].claim({"app": 99}, {"app": LEASE}, NOW, "w")).claimed
    found = {one.event.id: one.waits[0].event for one in claimed}
    assert {id: event and event.id for id, event in found.items()} == {f"o{n}": f"p{n}" for n in range(30)}


async def test_any_number_of_open_waits_leaves_ingest_the_same_work(store: Store) -> None:
    """Counted in rows that are looked at for the one event: those with its key, however many others wait."""
    for start in range(0, 3000, 500):
        await store.accept([order(f"o{n}", n) for n in range(start, start + 500)])
    await store.accept([paid("p7", 7), candidate("x", name="shop/order.other")])
    look = await store.waits.look(1000)
    assert look is not None and [event.id for _, event in look.waits] == ["o7"]
    await store.waits.resolve(look, chosen(look), NOW)
    assert await store.waits.look() is None
    assert await store.waits.time_out(NOW + HOUR) == frozenset()
    assert replace(look, waits=[]).is_last
