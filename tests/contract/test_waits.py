"""Deliveries that wait for another event, on every store: one outcome each, whatever races."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from gateway.event import Event
from gateway.expression import TWO, Expression, fields
from gateway.store import Store
from gateway.store.records import Attempt, Cancellation, Candidate, Claimed, NewDelivery, Query, Settlement
from gateway.store.retention import Retention
from gateway.store.waits import Look
from gateway.wait import NewWait, fits, matching, new_wait
from tests.contract.conftest import HOUR, NOW, candidate

pytestmark = pytest.mark.anyio

MATCH = Expression("event.data.order == async.data.order", TWO)
PAID = "shop/order.paid"


def order(id: str, number: int = 1, at: int = NOW, *waits: str, timeout: int | None = HOUR) -> Candidate:
    """An order whose delivery to `app` waits for events of these names, that of PAID unless there are any."""
    made = candidate(id, at=at, to=("app",), data=f'{{"order":{number}}}', name="shop/order.created")
    new = new_wait(made.event, "", waits or (PAID,), MATCH, timeout)
    return replace(made, waits={"app": (new,)})


def ended_by(made: Candidate, name: str = "shop/order.cancelled") -> Candidate:
    """The same, and an event of this name cancels its delivery."""
    ends = new_wait(made.event, "cancel_on", (name,), MATCH, ends=True)
    return replace(made, waits={"app": (*made.waits.get("app", ()), ends)})


def paid(id: str, number: int = 1, at: int = NOW, name: str = PAID) -> Candidate:
    """The event that is waited for."""
    return candidate(id, at=at, data=f'{{"order":{number}}}', name=name)


def chosen(look: Look) -> list[int]:
    """The waits of a look that its arrival fits."""
    came = fields(look.arrived) if look.arrived is not None else {}
    return [wait.seq for wait, event in look.waits if fits(matching(wait.match), event, came)]


async def follow(store: Store, now: int = NOW, limit: int = 200) -> int:
    """Look at all arrivals. Returns how many waits were looked at."""
    looked = 0
    while (look := await store.waits.look(limit)) is not None:
        looked += len(look.waits)
        await store.waits.resolve(look, chosen(look), now)
    return looked


async def claim(store: Store, now: int = NOW, slots: int = 10) -> Sequence[Claimed]:
    return (await store.claim({"app": slots}, {"app": 30_000}, now, "w")).claimed


async def outcomes(store: Store, now: int = NOW) -> list[tuple[str, str, str | None]]:
    """For each claimed delivery its event, what came of its first wait, and the event that came."""
    found = []
    for one in await claim(store, now):
        waited = one.waits[0]
        found.append((one.event.id, waited.wait.state, waited.event.id if waited.event else None))
    return found


def settlement(claimed: Claimed, *waits: NewWait, now: int = NOW) -> Settlement:
    """An attempt that ended in waiting for these."""
    delivery = claimed.delivery
    attempt = Attempt(delivery.delivery_id, delivery.attempts, now, 1)
    return Settlement(attempt, "pending", now, 0, now, waits=waits, seen=delivery.waits)


async def test_a_delivery_that_waits_is_not_claimed_and_counts_as_waiting(store: Store) -> None:
    await store.accept([order("o1")])
    assert await claim(store, NOW + 900 * HOUR) == []
    [delivery] = await store.deliveries(Query())
    assert (delivery.state, delivery.parked, delivery.leased_until) == ("pending", True, None)
    assert (delivery.due_at, await store.waiting()) == (NOW + HOUR, {"app": 1})
    assert [b.waiting for b in await store.backlog(NOW)] == [1]
    [wait] = await store.waits.of([delivery.delivery_id])
    assert (wait.patterns, wait.state, wait.until) == ((PAID,), "open", NOW + HOUR)
    assert (await store.waits.open(), await store.waits.next_until()) == (1, NOW + HOUR)


async def test_the_event_that_fits_resumes_it(store: Store) -> None:
    await store.accept([order("o1", 1), order("o2", 2)])
    await store.accept([paid("p2", 2, NOW + 1)])
    assert await follow(store, NOW + 1) == 1
    assert await outcomes(store, NOW + 1) == [("o2", "matched", "p2")]
    assert await store.waits.open() == 1


async def test_one_whose_time_is_over_goes_on_without(store: Store) -> None:
    await store.accept([order("o1")])
    assert await store.waits.time_out(NOW + HOUR) == frozenset()
    assert await store.waits.time_out(NOW + HOUR + 1) == {"app"}
    assert await outcomes(store, NOW + HOUR + 1) == [("o1", "timeout", None)]
    await store.accept([paid("p1", 1, NOW + HOUR + 2)])
    assert await store.waits.look() is None


async def test_an_event_of_before_the_time_was_over_counts_however_late_it_is_looked_at(store: Store) -> None:
    await store.accept([order("o1")])
    await store.accept([paid("p1", 1, NOW + HOUR)])
    assert await store.waits.time_out(NOW + 2 * HOUR) == frozenset()
    await follow(store, NOW + 2 * HOUR)
    assert await outcomes(store, NOW + 2 * HOUR) == [("o1", "matched", "p1")]


async def test_an_event_of_after_the_time_does_not_count(store: Store) -> None:
    await store.accept([order("o1")])
    await store.accept([paid("p1", 1, NOW + HOUR + 1)])
    await follow(store, NOW + HOUR + 2)
    assert await store.waits.time_out(NOW + HOUR + 2) == {"app"}


async def test_what_came_before_does_not_count_what_came_with_it_in_one_request_does(store: Store) -> None:
    await store.accept([order("o0", 9)])
    await store.accept([paid("early", 1)])
    await store.accept([paid("also early", 2), order("o1", 1), order("o2", 2), paid("p1", 1)])
    await follow(store)
    assert await outcomes(store) == [("o1", "matched", "p1")]


async def test_the_first_that_fits_counts(store: Store) -> None:
    await store.accept([order("o1")])
    await store.accept([paid("p1", 1, NOW + 1), paid("p2", 1, NOW + 1)])
    assert await follow(store) == 1
    assert await outcomes(store, NOW + 1) == [("o1", "matched", "p1")]


@pytest.mark.parametrize(
    ("patterns", "name", "fits"),
    [
        (("shop/*",), "shop/order.paid", True),
        (("shop/*",), "bank/order.paid", False),
        (("bank/paid", "shop/order.paid"), "shop/order.paid", True),
        (("bank/paid", "shop/order.paid"), "shop/order.payed", False),
        (("**",), "anything", True),
    ],
)
async def test_patterns_match_names(store: Store, patterns: tuple[str, ...], name: str, fits: bool) -> None:
    await store.accept([order("o1", 1, NOW, *patterns)])
    await store.accept([paid("p1", name=name)])
    await follow(store)
    assert [id for id, *_ in await outcomes(store)] == (["o1"] if fits else [])


async def test_without_open_waits_nothing_is_noted(store: Store) -> None:
    await store.accept([paid("p1")])
    await store.accept([order("o1")])
    await store.accept([paid("other", name="shop/other")])
    assert await store.waits.look() is None


async def test_two_followers_write_a_look_down_once(two: tuple[Store, Store]) -> None:
    await two[0].accept([order("o1")])
    await two[0].accept([paid("p1"), paid("p2")])
    look = await two[0].waits.look()
    assert look is not None and look.arrived is not None and look.arrived.id == "p1"
    assert await two[1].waits.resolve(look, chosen(look), NOW) == {"app"}
    assert await two[0].waits.resolve(look, chosen(look), NOW) is None
    assert len(await claim(two[0])) == 1


async def test_two_followers_write_a_part_of_a_look_down_once(two: tuple[Store, Store]) -> None:
    await two[0].accept([order("o1"), order("o2")])
    await two[0].accept([paid("p1")])
    look = await two[0].waits.look(1)
    assert look is not None and not look.is_last
    assert await two[1].waits.resolve(look, chosen(look), NOW) == {"app"}
    assert await two[0].waits.resolve(look, chosen(look), NOW) is None
    assert await follow(two[0]) == 1


async def test_many_waits_are_looked_at_in_parts_each_once(store: Store) -> None:
    made = [replace(order(f"o{n}", n), waits={}) for n in range(7)]
    await store.accept(
        [replace(one, waits={"app": (new_wait(one.event, "", (PAID,), None, HOUR),)}) for one in made]
    )
    await store.accept([paid("p1")])
    assert await follow(store, limit=3) == 7
    assert len(await claim(store)) == 7


async def test_an_attempt_may_end_in_waiting(store: Store) -> None:
    await store.accept([candidate("o1", to=("app",), data='{"order":1}')])
    [first] = await claim(store)
    await store.accept([paid("before")])
    new = new_wait(first.event, "paid?", (PAID,), MATCH, HOUR)
    assert await store.settle(settlement(first, new))
    assert await claim(store, NOW + HOUR) == []
    await store.accept([paid("p1")])
    await follow(store)
    [again] = await claim(store)
    [waited] = again.waits
    assert (waited.wait.step, waited.event and waited.event.id, again.delivery.attempts) == ("paid?", "p1", 2)


async def test_a_wait_that_is_open_already_keeps_its_time(store: Store) -> None:
    await store.accept([candidate("o1", to=("app",))])
    [first] = await claim(store)
    await store.settle(settlement(first, new_wait(first.event, "a", ("x/a",), None, HOUR)))
    await store.accept([candidate("x", name="x/b")])
    [wait] = await store.waits.of([first.delivery.delivery_id])
    await store.waits.time_out(NOW + HOUR + 1)
    [second] = await claim(store, NOW + HOUR + 1)
    later = (
        new_wait(first.event, "a", ("x/a",), None, 9 * HOUR),
        new_wait(first.event, "b", ("x/b",), None, 5),
    )
    await store.settle(settlement(second, *later, now=NOW + HOUR + 1))
    kept, opened = await store.waits.of([first.delivery.delivery_id])
    assert (kept.until, kept.state, opened.step, opened.state) == (wait.until, "timeout", "b", "open")


async def test_what_is_resolved_during_the_attempt_is_not_parked_over(store: Store) -> None:
    await store.accept([candidate("o1", to=("app",), data='{"order":1}')])
    [first] = await claim(store)
    both = [new_wait(first.event, step, (f"x/{step}",), None, HOUR) for step in ("a", "b", "c")]
    await store.settle(settlement(first, *both))
    await store.accept([paid("a", name="x/a")])
    await follow(store)
    [second] = await claim(store)
    await store.accept([paid("b", name="x/b")])
    await follow(store)
    await store.settle(settlement(second, *both))
    [third] = await claim(store)
    assert [waited.event and waited.event.id for waited in third.waits] == ["a", "b", None]
    await store.settle(settlement(third, *both))
    assert await claim(store) == []


async def test_the_event_that_cancels_condemns_what_is_not_under_way(store: Store) -> None:
    await store.accept([ended_by(order("o1")), ended_by(order("o2", 2))])
    await store.accept([paid("c1", name="shop/order.cancelled")])
    await follow(store)
    [wait] = await store.waits.condemned()
    assert (wait.ends, wait.state) == (True, "matched")
    await store.accept([paid("p1", 1)])
    await follow(store)
    await store.waits.time_out(NOW + 2 * HOUR)
    assert [one.event.id for one in await claim(store, NOW + 2 * HOUR)] == ["o2"]
    assert await store.cancel([Cancellation(wait.delivery_id, NOW)]) == 1
    assert await store.waits.condemned() == []


async def test_a_delivery_under_way_is_condemned_when_its_attempt_has_failed(store: Store) -> None:
    made = candidate("o1", to=("app",), data='{"order":1}')
    await store.accept([ended_by(made)])
    [first] = await claim(store)
    await store.accept([paid("c1", name="shop/order.cancelled")])
    await follow(store)
    assert await store.waits.condemned() == []
    assert await store.settle(replace(settlement(first), retries=1))
    assert await claim(store, NOW + HOUR) == []
    assert [wait.delivery_id for wait in await store.waits.condemned()] == [first.delivery.delivery_id]


async def test_a_delivery_that_ends_waits_no_more(store: Store) -> None:
    await store.accept([ended_by(candidate("o1", to=("app",), data='{"order":1}'))])
    [first] = await claim(store)
    assert await store.waits.open() == 1
    attempt = Attempt(first.delivery.delivery_id, 1, NOW, 1, 200)
    await store.settle(Settlement(attempt, "succeeded", NOW, 0, NOW))
    assert await store.waits.open() == 0


async def test_one_that_is_cancelled_or_erased_waits_no_more(store: Store) -> None:
    first, second = await store.accept([order("o1"), order("o2")])
    [delivery] = await store.deliveries(Query(event_id=first.event_id))
    assert await store.cancel([Cancellation(delivery.delivery_id, NOW)]) == 1
    assert await store.erase(second.event_id)
    assert await store.waits.open() == 0


async def test_an_arrival_that_is_erased_holds_nothing_up(store: Store) -> None:
    await store.accept([order("o1")])
    [first, _] = await store.accept([paid("p1"), paid("p2")])
    await store.erase(first.event_id)
    await follow(store)
    assert await outcomes(store) == [("o1", "matched", "p2")]


async def test_what_came_is_kept_until_it_was_delivered(store: Store) -> None:
    await store.accept([order("o1")])
    await store.accept([paid("p1", at=NOW + 1)])
    await follow(store)
    later = NOW + 1000 * HOUR
    await store.purge(Retention(later, later, later, later))
    assert await outcomes(store) == [("o1", "matched", "p1")]


async def test_a_replay_has_the_outcome_of_before_or_waits_anew(store: Store) -> None:
    first, second = [order("o1", 1), order("o2", 2)]
    await store.accept([first, second])
    await store.accept([paid("p1")])
    await follow(store)
    again = [
        NewDelivery(f"d{n}", made.event.event_id, "app", NOW + 1, waits=made.waits["app"])
        for n, made in enumerate((first, second))
    ]
    assert await store.replay(again, NOW + 1) == 2
    assert await outcomes(store, NOW + 1) == [("o1", "matched", "p1")] * 2
    await store.accept([paid("p2", 2, NOW + 2)])
    await follow(store, NOW + 2)
    assert await outcomes(store, NOW + 2) == [("o2", "matched", "p2")] * 2


async def test_a_delayed_event_is_not_delivered_before_its_time(store: Store) -> None:
    made = order("o1")
    event: Event = replace(made.event, ts=NOW + HOUR)
    await store.accept([replace(made, event=event)])
    await store.accept([paid("p1")])
    await follow(store)
    assert await claim(store, NOW + HOUR - 1) == []
    assert await outcomes(store, NOW + HOUR) == [("o1", "matched", "p1")]
