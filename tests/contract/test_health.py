"""How subscribers fare, on every store: failing told once, a breaker's pause and its probes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.store import Store
from gateway.store.health import Health
from gateway.store.records import Claimed, Query
from tests.contract.conftest import NOW, Make

pytestmark = pytest.mark.anyio

LEASE = 30_000
WAIT = 10_000


async def opened(store: Store, make: Make, events: int = 2) -> None:
    """A breaker that opened at NOW, with events that wait."""
    await store.accept([make(f"e{n}", to=("app",)) for n in range(events)])
    told = make("told", source="gateway", name="gateway/subscription.paused")
    assert await store.health.open("app", "half of the attempts failed", NOW, NOW + WAIT, [told])


async def probe(store: Store, now: int = NOW + WAIT, ordered: bool = False) -> Claimed | None:
    return await store.health.probe("app", LEASE, now, "w1", ordered)


async def claimed(store: Store, now: int = NOW + WAIT) -> list[str]:
    result = await store.claim({"app": 10}, {"app": LEASE}, now, "w1")
    return [one.event.id for one in result.claimed]


async def test_a_failing_subscriber_is_told_once_an_episode(store: Store, make: Make) -> None:
    first, again, later = (make(id, source="gateway", name="gateway/x") for id in ("1", "2", "3"))
    assert await store.health.tell_failing("app", "5 of 5 failed", NOW, [first])
    assert not await store.health.tell_failing("app", "9 of 9 failed", NOW + 1, [again])
    assert await store.health.all() == [Health("app", NOW, "5 of 5 failed")]
    assert await store.health.recovered("app")
    assert not await store.health.recovered("app")
    assert await store.health.all() == []
    assert await store.health.tell_failing("app", "again", NOW + 2, [later])
    assert [each.event.id for each in await store.events(Query(source="gateway"))] == ["3", "1"]


async def test_of_nodes_that_see_the_same_one_opens_the_breaker(two: tuple[Store, Store], make: Make) -> None:
    told = [make(id, source="gateway", name="gateway/x") for id in ("1", "2")]
    both = zip(two, told, strict=True)
    won = await asyncio.gather(*(s.health.open("app", "why", NOW, NOW + WAIT, [t]) for s, t in both))
    assert sorted(won) == [False, True]
    assert len(await two[0].events(Query(source="gateway"))) == 1


async def test_an_open_breaker_keeps_the_backlog(store: Store, make: Make) -> None:
    await opened(store, make)
    assert await claimed(store) == []
    [pause] = await store.paused()
    assert (pause.reason, pause.waiting) == ("half of the attempts failed", 2)


async def test_nothing_is_probed_before_its_time_then_one_at_a_time(
    two: tuple[Store, Store], make: Make
) -> None:
    await opened(two[0], make, events=3)
    assert await probe(two[0], NOW + WAIT - 1) is None
    got = [one for one in await asyncio.gather(*map(probe, two)) if one is not None]
    assert [one.event.id for one in got] == ["e0"]
    assert got[0].delivery.leased_until == NOW + WAIT + LEASE
    assert [each.breaker for each in await two[1].health.all()] == ["half open"]
    assert await claimed(two[1]) == []


async def test_a_probe_that_failed_is_followed_by_another(store: Store, make: Make) -> None:
    await opened(store, make)
    assert await probe(store) is not None
    await store.health.probe_failed("app", NOW + 3 * WAIT, NOW + WAIT)
    assert [each.breaker for each in await store.health.all()] == ["open"]
    assert await probe(store, NOW + 3 * WAIT - 1) is None
    again = await probe(store, NOW + 3 * WAIT)
    assert again is not None
    assert again.event.id == "e1"


async def test_a_probe_that_got_lost_is_followed_by_another(store: Store, make: Make) -> None:
    await opened(store, make)
    assert await probe(store) is not None
    assert await probe(store, NOW + WAIT + LEASE - 1) is None
    assert await probe(store, NOW + WAIT + LEASE) is not None


async def test_without_anything_due_there_is_no_probe_and_the_next_event_is_one(
    store: Store, make: Make
) -> None:
    await opened(store, make, events=0)
    assert await probe(store) is None
    assert [each.breaker for each in await store.health.all()] == ["open"]
    await store.accept([make("e", to=("app",))])
    assert await probe(store) is not None


async def test_a_closed_breaker_lets_everything_go_and_tells_once(store: Store, make: Make) -> None:
    await opened(store, make)
    told = make("closed", source="gateway", name="gateway/subscription.resumed")
    assert await store.health.close("app", [told])
    assert not await store.health.close("app", [told])
    assert (await store.paused(), await store.health.all()) == ([], [])
    assert await claimed(store) == ["e0", "e1"]


async def test_a_breaker_never_resumes_what_a_person_paused(store: Store, make: Make) -> None:
    await store.accept([make("e", to=("app",))])
    await store.pause("app", "by hand", NOW)
    assert not await store.health.open("app", "failures", NOW, NOW + WAIT, [])
    assert await probe(store) is None
    assert not await store.health.close("app", [])
    assert [pause.reason for pause in await store.paused()] == ["by hand"]


async def test_a_person_takes_over_what_a_breaker_paused(store: Store, make: Make) -> None:
    await opened(store, make)
    assert await store.pause("app", "by hand", NOW + 5)
    assert not await store.pause("app", "twice", NOW + 6)
    assert await store.health.all() == []
    assert await probe(store) is None
    assert not await store.health.close("app", [])
    assert [(pause.reason, pause.paused_at) for pause in await store.paused()] == [("by hand", NOW + 5)]


async def test_a_person_may_close_a_breaker(store: Store, make: Make) -> None:
    await opened(store, make)
    assert await store.resume("app")
    assert await store.health.all() == []
    assert await claimed(store) == ["e0", "e1"]


async def test_a_failing_subscriber_stays_so_while_its_breaker_opens_and_closes(
    store: Store, make: Make
) -> None:
    await store.health.tell_failing("app", "why", NOW, [])
    await opened(store, make)
    await store.health.close("app", [])
    assert await store.health.all() == [Health("app", NOW, "why")]


async def test_a_probe_keeps_the_order_of_a_key(store: Store, make: Make) -> None:
    await store.accept([replace(make(f"e{n}", to=("app",)), orders={"app": "k"}) for n in range(2)])
    assert await store.health.open("app", "why", NOW, NOW + WAIT, [])
    first = await probe(store, ordered=True)
    assert first is not None
    assert first.event.id == "e0"
