"""What is waited for and watched, on every store: told once, whoever tells it."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from gateway.event import SYSTEM
from gateway.store import Store
from gateway.store.records import Attempt, Candidate, Query, Settlement, State
from gateway.store.watch import ANSWERS_KEPT, Awaited, KeptAnswer
from tests.contract.conftest import HOUR, NOW, Make, candidate

pytestmark = pytest.mark.anyio

GAP = 60_000


def system(name: str = "gateway/source.silent") -> Candidate:
    made = candidate(name, source=SYSTEM, name=name)
    return dataclasses.replace(made, key=None, reception=None)


async def emitted(store: Store) -> list[str]:
    return [stored.event.name for stored in await store.events(Query(source=SYSTEM))]


async def attempt(store: Store, state: State) -> str:
    """One attempt of what is due, ended in `state`. Returns the delivery."""
    [claimed] = (await store.claim({"app": 1}, {"app": 30_000}, NOW, "me")).claimed
    delivery = claimed.delivery
    tried = Attempt(delivery.delivery_id, delivery.attempts, NOW, 1, 500, "it answered 500", "no")
    await store.settle(Settlement(tried, state, NOW, 1, NOW))
    return delivery.delivery_id


async def test_an_awaited_delivery_tells_its_state_and_ended_attempts(store: Store, make: Make) -> None:
    [outcome] = await store.accept([make(to=("app", "other"))])
    pair = (outcome.event_id, "app")
    [fresh] = await store.awaited([pair])
    assert (fresh.state, fresh.ended) == ("pending", 0)
    delivery_id = await attempt(store, "pending")
    assert await store.awaited([pair]) == [Awaited(*pair, delivery_id, "pending", 1)]
    await store.claim({"app": 1}, {"app": 30_000}, NOW, "me")
    assert await store.awaited([pair]) == [Awaited(*pair, delivery_id, "pending", 1)]


async def test_several_are_awaited_at_once_and_none_that_is_not_there(store: Store, make: Make) -> None:
    [one, two] = await store.accept([make("a", to=("app", "mail")), make("b", to=("app",))])
    asked = [(one.event_id, "mail"), (two.event_id, "app"), (two.event_id, "mail")]
    found = {(each.event_id, each.subscription) for each in await store.awaited(asked)}
    assert found == set(asked[:2])
    assert list(await store.awaited([])) == []


async def test_the_newest_answer_is_kept_for_a_day(store: Store) -> None:
    first = KeptAnswer("d1", 1, 500, "[]", None, NOW)
    second = KeptAnswer("d1", 2, 200, '[["content-type","text/xml"]]', b"<\xff/>", NOW)
    await store.keep_answer(second)
    await store.keep_answer(first)
    assert await store.answer("d1") == second
    await store.keep_answer(KeptAnswer("d2", 1, 200, "[]", b"", NOW + ANSWERS_KEPT + 1))
    assert await store.answer("d1") is None


async def test_a_source_is_quiet_since_it_was_last_heard(store: Store) -> None:
    await store.watch({"s": None}, GAP, NOW)
    [watched] = await store.watch({"s": NOW + 10_000}, GAP, NOW + 30_000)
    assert (watched.heard_at, watched.quiet_for, watched.told) == (NOW + 10_000, 20_000, False)
    [late] = await store.watch({"s": NOW + 5_000}, GAP, NOW + 31_000)  # another node, a moment behind
    assert (late.heard_at, late.quiet_for) == (NOW + 10_000, 21_000)


async def test_a_silence_that_was_told_is_known_until_it_ends(store: Store) -> None:
    await store.watch({"s": NOW, "t": NOW}, GAP, NOW)
    assert await store.silences() == {}
    await store.tell_silent("s", NOW, NOW + 5_000, system())
    assert await store.silences() == {"s": NOW}
    await store.watch({"s": NOW + 6_000}, GAP, NOW + 7_000)
    assert await store.silences() == {}


async def test_what_nobody_could_hear_is_no_silence(store: Store) -> None:
    await store.watch({"s": NOW}, GAP, NOW)
    [watched] = await store.watch({"s": None}, GAP, NOW + HOUR)
    assert (watched.heard_at, watched.quiet_for) == (NOW, 0)
    [after] = await store.watch({"s": None}, GAP, NOW + HOUR + GAP)
    assert after.quiet_for == GAP


async def test_a_silence_is_told_once_by_whoever_is_first(two: tuple[Store, Store]) -> None:
    [watched] = await two[0].watch({"s": NOW}, GAP, NOW)
    asked = ("s", watched.counted_from, NOW + HOUR)
    told = await asyncio.gather(*(node.tell_silent(*asked, system()) for node in two))
    assert sorted(told) == [False, True]
    assert await emitted(two[0]) == ["gateway/source.silent"]
    [again] = await two[1].watch({"s": None}, HOUR * 2, NOW + HOUR)
    assert again.told


async def test_a_webhook_ends_a_silence_and_the_next_is_told_anew(store: Store) -> None:
    [watched] = await store.watch({"s": NOW}, GAP, NOW)
    assert await store.tell_silent("s", watched.counted_from, NOW + HOUR, system())
    [heard] = await store.watch({"s": NOW + HOUR}, GAP * 100, NOW + HOUR)
    assert not heard.told
    assert not await store.tell_silent("s", watched.counted_from, NOW + HOUR, system())  # the one before
    assert await store.tell_silent("s", heard.counted_from, NOW + 2 * HOUR, system())


async def test_rejections_are_told_once_in_a_period(two: tuple[Store, Store]) -> None:
    rejected = system("gateway/signature.rejected")
    first = await asyncio.gather(*(node.tell_rejected("s", HOUR, NOW, rejected) for node in two))
    assert sorted(first) == [False, True]
    assert not await two[0].tell_rejected("s", HOUR, NOW + HOUR - 1, rejected)
    assert await two[0].tell_rejected("other", HOUR, NOW, system("gateway/signature.rejected"))
    assert await two[1].tell_rejected("s", HOUR, NOW + HOUR, system("gateway/signature.rejected"))
    assert len(await emitted(two[0])) == 3


async def test_what_went_in_counts_duplicates_too(store: Store, make: Make) -> None:
    assert not await store.has_accepted("stripe", NOW)
    await store.accept([make("evt_1", at=NOW)])
    assert await store.has_accepted("stripe", NOW)
    assert not await store.has_accepted("stripe", NOW + 1)
    assert not await store.has_accepted("github", NOW)
    await store.accept([make("evt_1", at=NOW + 5)])
    assert await store.has_accepted("stripe", NOW + 5)
