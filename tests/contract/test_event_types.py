"""The names that events have: counted, and their newest events."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.store import Store
from gateway.store.event_types import TypeCount
from tests.contract.conftest import DAY, HOUR, NOW, Make

pytestmark = pytest.mark.anyio


async def test_an_empty_store_has_no_names(store: Store) -> None:
    assert await store.event_types.counted(NOW) == []


async def test_names_are_counted_over_all_time_the_last_day_and_the_last_hour(
    store: Store, make: Make
) -> None:
    for number, at in enumerate([NOW - 2 * DAY, NOW - 2 * HOUR, NOW - 1, NOW]):
        await store.accept([make(f"evt_{number}", at=at, name="stripe/a.b")])
    await store.accept([make("evt_9", at=NOW, name="order/x", source="api")])
    order, stripe = await store.event_types.counted(NOW)
    assert stripe == TypeCount("stripe/a.b", 4, 2, 3, NOW, ("v1",), ("stripe",))
    assert (order.name, order.events, order.sources) == ("order/x", 1, ("api",))
    assert await store.event_types.counted(NOW, "stripe/a.b") == [stripe]
    assert await store.event_types.counted(NOW, "stripe/a") == []
    [_, later] = await store.event_types.counted(NOW + 3 * DAY)
    assert (later.events, later.last_day) == (4, 0)


async def test_versions_come_newest_first(store: Store, make: Make) -> None:
    for number, v in enumerate(["1", None, "2", "1", "2"]):
        one = make(f"evt_{number}", at=NOW + number)
        await store.accept([replace(one, event=replace(one.event, v=v))])
    [found] = await store.event_types.counted(NOW)
    assert (found.versions, found.last_at) == (("2", "1"), NOW + 4)


async def test_the_newest_events_of_exactly_one_name(store: Store, make: Make) -> None:
    for number in range(4):
        await store.accept([make(f"evt_{number}", at=NOW + number, name=f"a/{'b' * (1 + number % 2)}")])
    found = await store.event_types.newest("a/b", 5)
    assert [one.event.id for one in found] == ["evt_2", "evt_0"]
    assert [one.event.id for one in await store.event_types.newest("a/b", 1)] == ["evt_2"]
