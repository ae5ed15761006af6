"""Deliveries, on every store: claimed once, fenced by the attempt's number, never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from gateway.store import Store
from gateway.store.records import (
    Attempt,
    Cancellation,
    Candidate,
    Claimed,
    ClaimResult,
    NewDelivery,
    Query,
    Settlement,
    State,
)
from gateway.terms import Terms
from tests.contract.conftest import HOUR, NOW, Make

pytestmark = pytest.mark.anyio

LEASE = 30_000


async def claim(store: Store, slots: int = 10, now: int = NOW, owner: str = "w1") -> Sequence[Claimed]:
    return (await ask(store, slots, now, owner)).claimed


async def ask(store: Store, slots: int = 10, now: int = NOW, owner: str = "w1") -> ClaimResult:
    return await store.claim({"app": slots}, {"app": LEASE}, now, owner)


def settled(
    claimed: Claimed, state: State, due_at: int = NOW, retries: int = 0, **more: object
) -> Settlement:
    delivery = claimed.delivery
    attempt = Attempt(delivery.delivery_id, delivery.attempts, NOW, 12, 200, None, "ok")
    return Settlement(attempt, state, due_at, retries, NOW, **more)  # type: ignore[arg-type]


async def test_a_claim_brings_the_whole_event(store: Store, make: Make) -> None:
    asked = make("evt_1", to=("app",), data='{"n": 1.10}')
    await store.accept([asked])
    [claimed] = await claim(store)
    assert claimed.event == asked.event
    assert claimed.body == b'{"n": 1.10}'
    assert (claimed.delivery.attempts, claimed.delivery.leased_until) == (1, NOW + LEASE)


async def test_a_claim_takes_what_is_due_by_time_then_arrival(store: Store, make: Make) -> None:
    await store.accept(
        [make("late", ts=NOW + 2, to=("app",)), make("now", to=("app",)), make("b", to=("app",))]
    )
    assert [c.event.id for c in await claim(store, now=NOW + 5)] == ["now", "b", "late"]


async def test_a_claim_takes_no_more_than_its_slots(store: Store, make: Make) -> None:
    await store.accept([make(f"e{n}", to=("app",)) for n in range(5)])
    assert len(await claim(store, slots=3)) == 3
    assert len(await claim(store, slots=3)) == 2


async def test_nothing_is_claimed_before_it_is_due_and_the_claim_tells_when(store: Store, make: Make) -> None:
    await store.accept([make("e", ts=NOW + HOUR, to=("app",))])
    result = await ask(store)
    assert result.claimed == []
    assert result.next_due == {"app": NOW + HOUR}


async def test_eight_claimers_get_each_delivery_once(store: Store, make: Make) -> None:
    await store.accept([make(f"e{n}", to=("app",)) for n in range(400)])
    taken: list[str] = []

    async def work(owner: str) -> None:
        while claimed := await claim(store, 7, owner=owner):
            taken.extend(c.delivery.delivery_id for c in claimed)

    await asyncio.gather(*(work(f"w{n}") for n in range(8)))
    assert len(taken) == len(set(taken)) == 400


async def test_a_lease_holds_until_it_runs_out(store: Store, make: Make) -> None:
    await store.accept([make("e", to=("app",))])
    [claimed] = await claim(store)
    assert await store.expired(NOW + LEASE - 1) == []
    [lost] = await store.expired(NOW + LEASE)
    assert lost.delivery.delivery_id == claimed.delivery.delivery_id


async def test_a_settled_success_is_over(store: Store, make: Make) -> None:
    await store.accept([make("e", to=("app",))])
    [claimed] = await claim(store)
    assert await store.settle(settled(claimed, "succeeded"))
    delivery = await store.delivery(claimed.delivery.delivery_id)
    assert delivery is not None
    assert (delivery.state, delivery.finished_at, delivery.last_status) == ("succeeded", NOW, 200)
    assert await claim(store, now=NOW + HOUR) == []
    assert [a.response for a in await store.attempts(delivery.delivery_id)] == ["ok"]


async def test_a_retry_is_claimed_again_with_the_next_number(store: Store, make: Make) -> None:
    await store.accept([make("e", to=("app",))])
    [claimed] = await claim(store)
    await store.settle(settled(claimed, "pending", due_at=NOW + 5000, retries=1))
    assert await claim(store, now=NOW + 4999) == []
    [again] = await claim(store, now=NOW + 5000)
    assert (again.delivery.attempts, again.delivery.retries) == (2, 1)


async def test_a_stale_worker_cannot_settle(store: Store, make: Make) -> None:
    await store.accept([make("e", to=("app",))])
    [stale] = await claim(store)
    await store.settle(settled(stale, "pending"))
    [fresh] = await claim(store, owner="w2")
    assert not await store.settle(settled(stale, "dead"))
    assert await store.settle(settled(fresh, "succeeded"))


async def test_what_an_outcome_sets_off_commits_with_it(store: Store, make: Make) -> None:
    await store.accept([make("e", to=("app",))])
    [claimed] = await claim(store)
    emitted = make("f", name="gateway/delivery.failed", source="gateway", to=("alerts",))
    await store.settle(settled(claimed, "dead", emit=(emitted,), pause="app", pause_reason="gone"))
    assert [s.event.name for s in await store.events(Query(source="gateway"))] == ["gateway/delivery.failed"]
    assert [d.subscription for d in await store.deliveries(Query(state="pending"))] == ["alerts"]
    assert [(p.subscription, p.reason) for p in await store.paused()] == [("app", "gone")]


async def test_a_stale_outcome_sets_nothing_off(store: Store, make: Make) -> None:
    await store.accept([make("e", to=("app",))])
    [stale] = await claim(store)
    await store.settle(settled(stale, "succeeded"))
    emitted = make("f", name="gateway/delivery.failed", source="gateway")
    await store.settle(settled(stale, "dead", emit=(emitted,), pause="app"))
    assert await store.events(Query(source="gateway")) == []
    assert await store.paused() == []


async def test_a_paused_subscription_gets_nothing_until_resumed(store: Store, make: Make) -> None:
    await store.accept([make("e", to=("app",))])
    assert await store.pause("app", "by hand", NOW)
    assert not await store.pause("app", "again", NOW)
    assert await claim(store) == []
    assert [p.waiting for p in await store.paused()] == [1]
    assert await store.resume("app")
    assert len(await claim(store)) == 1


async def test_the_leases_of_a_lost_owner_end(store: Store, make: Make) -> None:
    await store.accept([make("e", to=("app",))])
    await claim(store, owner="gone")
    assert await store.owners() == ["gone"]
    assert await store.disown("gone", NOW) == 1
    assert len(await store.expired(NOW)) == 1


async def test_what_waits_is_counted_by_subscription(store: Store, make: Make) -> None:
    await store.accept([make("a", to=("app", "gone")), make("b", to=("app",))])
    assert await store.waiting() == {"app": 2, "gone": 1}


async def test_a_replay_is_a_delivery_of_its_own(store: Store, make: Make) -> None:
    [outcome] = await store.accept([make("e", to=("app",))])
    [claimed] = await claim(store)
    await store.settle(settled(claimed, "dead"))
    old = claimed.delivery.delivery_id
    assert await store.replay([NewDelivery("d2", outcome.event_id, "app", NOW, old)], NOW) == 1
    [again] = await claim(store)
    assert (again.delivery.delivery_id, again.delivery.replay_of, again.delivery.attempts) == ("d2", old, 1)


async def test_a_purged_event_cannot_be_replayed(store: Store) -> None:
    assert await store.replay([NewDelivery("d2", "gone", "app", NOW)], NOW) == 0


async def test_only_a_pending_delivery_can_be_cancelled(store: Store, make: Make) -> None:
    await store.accept([make("a", to=("app",)), make("b", to=("app",))])
    first, second = await claim(store)
    await store.settle(settled(first, "succeeded"))
    emit = (make("c", name="gateway/delivery.cancelled", source="gateway"),)
    asked = [Cancellation(c.delivery.delivery_id, NOW, emit) for c in (first, second)]
    assert await store.cancel(asked[:1]) == 0
    assert await store.cancel(asked[1:]) == 1
    assert not await store.settle(settled(second, "succeeded"))
    assert len(await store.events(Query(source="gateway"))) == 1


async def failed(store: Store, make: Make, *ids: str, due_at: int = NOW) -> None:
    """Deliveries that failed once, and are due again."""
    await store.accept([make(id, to=("app",)) for id in ids])
    for one in await claim(store, len(ids)):
        await store.settle(settled(one, "pending", due_at, retries=1))


async def lanes(store: Store, slots: int, retries: int) -> tuple[list[str], int | None]:
    """What a claim gives, and when the next is due."""
    result = await store.claim({"app": slots}, {"app": LEASE}, NOW, "w", retries={"app": retries})
    return [one.event.id for one in result.claimed], result.next_due.get("app")


async def test_retries_get_no_more_than_their_slots(store: Store, make: Make) -> None:
    await failed(store, make, "r0", "r1", "r2")
    await store.accept([make(f"e{n}", to=("app",), ts=NOW) for n in range(3)])
    assert await lanes(store, 3, 1) == (["r0", "e0", "e1"], NOW)
    assert await lanes(store, 3, 1) == (["r1", "e2"], None)  # r2 is due, and no slot is for it
    assert await lanes(store, 3, 0) == ([], None)
    assert await lanes(store, 3, 2) == (["r2"], None)


async def test_slots_that_no_retry_wants_are_for_others(store: Store, make: Make) -> None:
    await failed(store, make, "r0", due_at=NOW + 5)
    await store.accept([make(f"e{n}", to=("app",)) for n in range(3)])
    assert await lanes(store, 3, 2) == (["e0", "e1", "e2"], NOW)
    assert await lanes(store, 3, 2) == ([], NOW + 5)


async def test_lanes_keep_the_order_of_a_key(store: Store, make: Make) -> None:
    keyed = [replace(make(f"e{n}", to=("app",)), orders={"app": f"k{n % 2}"}) for n in range(4)]
    await store.accept(keyed)
    for one in await claim_in_order(store, 4, 0):
        await store.settle(settled(one, "pending", NOW, retries=1, ordered="app"))
    assert [one.event.id for one in await claim_in_order(store, 4, 1)] == ["e0"]
    assert [one.event.id for one in await claim_in_order(store, 4, 1)] == ["e1"]


async def claim_in_order(store: Store, slots: int, retries: int) -> Sequence[Claimed]:
    allowed = {"app": retries}
    return (await store.claim({"app": slots}, {"app": LEASE}, NOW, "w", ["app"], allowed)).claimed


async def by_priority(store: Store, slots: int, now: int = NOW) -> list[str]:
    result = await store.claim({"app": slots}, {"app": LEASE}, now, "w", prioritized=["app"])
    return [one.event.id for one in result.claimed]


def ranked(make: Make, id: str, seconds: int, **more: object) -> Candidate:
    terms = {"app": Terms(priority=seconds * 1000)}
    return replace(make(id, to=("app",), **more), terms=terms)


async def test_a_priority_puts_one_before_others_that_have_been_due_for_longer(
    store: Store, make: Make
) -> None:
    await store.accept([ranked(make, "old", 0, at=NOW - 100_000), ranked(make, "mid", 0, at=NOW - 50_000)])
    await store.accept([ranked(make, "first", 120), ranked(make, "later", -30), ranked(make, "urgent", 60)])
    assert await by_priority(store, 1) == ["first"]
    assert await by_priority(store, 9) == ["old", "urgent", "mid", "later"]


async def test_a_priority_brings_nothing_before_its_time(store: Store, make: Make) -> None:
    await store.accept([ranked(make, "later", 600, ts=NOW + 1000), ranked(make, "now", -600)])
    assert await by_priority(store, 9) == ["now"]
    assert await by_priority(store, 9, NOW + 1000) == ["later"]


async def test_a_replay_keeps_the_priority(store: Store, make: Make) -> None:
    [done] = await store.accept([ranked(make, "e", 600)])
    [one] = (await ask(store)).claimed
    await store.settle(settled(one, "dead"))
    again = NewDelivery("again", done.event_id, "app", NOW, replay_of=one.delivery.delivery_id)
    await store.replay([again], NOW)
    await store.accept([ranked(make, "other", 0, at=NOW - 1000)])
    assert await by_priority(store, 1) == ["e"]
