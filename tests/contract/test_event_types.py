"""The names that events have: counted, and their newest events."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.store import Store
from gateway.store.event_types import NEWEST
from tests.contract.conftest import NOW, Make

pytestmark = pytest.mark.anyio


async def test_an_empty_store_has_no_names(store: Store) -> None:
    assert await store.event_types.counted(10) == []


async def test_names_are_counted_among_the_newest_events(store: Store, make: Make) -> None:
    for number in range(4):
        await store.accept([make(f"evt_{number}", at=NOW + number, name="stripe/a.b")])
    await store.accept([make("evt_9", at=NOW + 9, name="order/x", source="api")])
    order, stripe = await store.event_types.counted(4)
    assert (stripe.name, stripe.events, stripe.since, stripe.last_at) == ("stripe/a.b", 3, NOW + 1, NOW + 3)
    assert (order.name, order.events, order.sources, order.since) == ("order/x", 1, ("api",), NOW + 1)
    assert await store.event_types.counted(4, "stripe/a.b") == [stripe]
    assert await store.event_types.counted(4, "stripe/a") == []
    assert [one.events for one in await store.event_types.counted(2**53)] == [1, 4]


async def test_versions_come_newest_first(store: Store, make: Make) -> None:
    for number, v in enumerate(["1", None, "2", "1", "2"]):
        one = make(f"evt_{number}", at=NOW + number)
        await store.accept([replace(one, event=replace(one.event, v=v))])
    [found] = await store.event_types.counted(10)
    assert (found.versions, found.last_at) == (("2", "1"), NOW + 4)


async def test_the_newest_of_a_name_are_found_at_their_places(store: Store, make: Make) -> None:
    for number in range(NEWEST + 4):
        await store.accept([make(f"evt_{number}", at=NOW + number, name=f"a/{'b' * (1 + number % 2)}")])
    single, double = await store.event_types.counted(1000)
    found = await store.event_types.events(double.newest[:2])
    assert [one.event.id for one in found] == ["evt_103", "evt_101"]
    assert (single.events, len(single.newest)) == (52, 52)
    [whole] = await store.event_types.counted(1000, "a/b")
    assert whole.newest == single.newest
