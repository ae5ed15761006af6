"""Reading forward what was stored last, and handing events to listeners, on every store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.event import new_id
from gateway.store import Store
from gateway.store.records import Attempt, NewDelivery, Query, Settlement
from gateway.store.rejections import Rejection
from gateway.store.tail import GONE_AFTER, Listener, Span
from tests.contract.conftest import HOUR, NOW, Make

pytestmark = pytest.mark.anyio
HERE = Listener("laptop", "deploy", "http://localhost:3000", NOW)


def rejection(source: str = "stripe") -> Rejection:
    return Rejection(
        new_id(NOW), source, "bad_signature", "", NOW, "192.0.2.1", "POST", "http://x", "[]", 2, "ab", b"{}"
    )


async def ids(store: Store, after: int, upto: int | None = None, **more: object) -> list[str]:
    """The ids of the events between two places."""
    head = await store.tail.head("events", after) if upto is None else upto
    span = Span(after, head, **more)  # type: ignore[arg-type]
    return [each.event.id for each in await store.tail.events(span)]


async def test_an_empty_store_has_its_head_at_the_beginning(store: Store) -> None:
    assert [
        await store.tail.head(kind, 0) for kind in ("events", "duplicates", "rejections", "deliveries")
    ] == [0] * 4


async def test_events_come_oldest_first_with_their_bodies(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", data='{"a": 1}')])
    await store.accept([make("evt_2")])
    [first, second] = await store.tail.events(Span(0, await store.tail.head("events", 0)))
    assert (first.event.id, first.body, second.event.id) == ("evt_1", b'{"a": 1}', "evt_2")
    assert await ids(store, first.seq) == ["evt_2"]
    assert await ids(store, second.seq) == []


async def test_events_are_chosen_by_source_and_name(store: Store, make: Make) -> None:
    await store.accept([make("evt_1")])
    await store.accept([make("push_1", source="github", name="github/push")])
    assert await ids(store, 0, source="github") == ["push_1"]
    assert await ids(store, 0, name="stripe/*") == ["evt_1"]
    assert await ids(store, 0, limit=1) == ["evt_1"]


async def test_duplicates_rejections_and_deliveries_are_followed_too(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", to=("app",))])
    await store.accept([make("evt_1", data='{"a":2}')])
    await store.reject(rejection())
    await store.reject(rejection("github"))
    tail = store.tail
    spans = [
        Span(0, await tail.head(kind, 0), "stripe") for kind in ("duplicates", "rejections", "deliveries")
    ]
    assert [each.fields for each in await tail.duplicates(spans[0])] == [("a",)]
    assert [each.body for each in await tail.rejections(spans[1])] == [b"{}"]
    assert [each.subscription for each in await tail.deliveries(spans[2])] == ["app"]


async def test_deliveries_that_ended_are_found_by_their_places(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", to=("app", "mail"))])
    places = [each.seq for each in await store.deliveries(Query())]
    assert await store.tail.ended(places) == []
    [claimed] = (await store.claim({"app": 1}, {"app": HOUR}, NOW, "w")).claimed
    attempt = Attempt(claimed.delivery.delivery_id, 1, NOW, 5, 200)
    await store.settle(Settlement(attempt, "succeeded", NOW, 0, NOW))
    assert [(e.subscription, e.state) for e in await store.tail.ended(places)] == [("app", "succeeded")]


async def test_where_the_newest_was_erased_the_head_goes_back(store: Store, make: Make) -> None:
    await store.accept([make("evt_1")])
    [erased] = await store.accept([make("evt_2")])
    head = await store.tail.head("events", 0)
    await store.erase(erased.event_id)
    assert await store.tail.head("events", head) < head


async def test_a_listener_is_handed_events_and_keeps_its_place(store: Store, make: Make) -> None:
    await store.tail.attend(HERE)
    made = [await store.accept([make(id)]) for id in ("evt_1", "evt_2")]
    for [outcome] in made:
        assert await store.tail.hand("laptop", outcome.event_id)
    [one, two] = await store.tail.handed("laptop", 0)
    assert [(place, each.event.id) for place, each in (one, two)] == [(1, "evt_1"), (2, "evt_2")]
    assert [place for place, _ in await store.tail.handed("laptop", 1)] == [2]
    assert await store.tail.last_handed("laptop") == 2


async def test_nobody_is_handed_anything_who_is_not_there(store: Store, make: Make) -> None:
    [outcome] = await store.accept([make("evt_1")])
    assert not await store.tail.hand("laptop", outcome.event_id)
    assert await store.tail.last_handed("laptop") == 0


async def test_listeners_are_there_while_they_are_heard_of(store: Store) -> None:
    await store.tail.attend(HERE)
    await store.tail.attend(replace(HERE, seen_at=NOW + 5, to="http://localhost:4000"))
    assert await store.tail.listeners(NOW) == [Listener("laptop", "deploy", "http://localhost:4000", NOW + 5)]
    assert await store.tail.listeners(NOW + 6) == []


async def test_a_listener_that_is_gone_is_forgotten_with_what_it_was_handed(store: Store, make: Make) -> None:
    await store.tail.attend(HERE)
    [outcome] = await store.accept([make("evt_1")])
    await store.tail.hand("laptop", outcome.event_id)
    later = NOW + GONE_AFTER + 1
    await store.tail.attend(Listener("other", "", "", later))
    assert [each.name for each in await store.tail.listeners(0)] == ["other"]
    assert await store.tail.handed("laptop", 0) == []


async def test_there_is_an_end_to_new_listeners(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for engine in ("sqlite", "postgres"):
        monkeypatch.setattr(f"gateway.store.{engine}.tail.MOST_LISTENERS", 2)
    for name in ("a", "b", "c", "a"):
        await store.tail.attend(replace(HERE, name=name))
    assert [each.name for each in await store.tail.listeners(0)] == ["a", "b"]


async def test_what_came_of_late_is_counted_by_source_and_by_subscription(store: Store, make: Make) -> None:
    await store.accept([make("evt_0", at=NOW - HOUR, to=("app",))])
    await store.accept([make("evt_1", to=("app", "mail"))])
    await store.accept([make("evt_1", data="{}")])
    await store.reject(rejection("github"))
    [mark] = await store.marks([NOW])
    found = [(c.source, c.events, c.duplicates, c.rejections) for c in await store.rates.sources(mark, 100)]
    assert found == [("github", 0, 0, 1), ("stripe", 1, 1, 0)]
    [claimed] = (await store.claim({"mail": 1}, {"mail": HOUR}, NOW, "w")).claimed
    attempt = Attempt(claimed.delivery.delivery_id, 1, NOW, 5, 500)
    await store.settle(Settlement(attempt, "pending", NOW + HOUR, 1, NOW))
    counts = [
        (c.subscription, c.made, c.succeeded, c.failing, c.dead)
        for c in await store.rates.subscriptions(mark, 100)
    ]
    assert counts == [("app", 1, 0, 0, 0), ("mail", 1, 0, 1, 0)]


async def test_a_count_looks_at_the_newest_only(store: Store, make: Make) -> None:
    for n in range(4):
        await store.accept([make(f"evt_{n}")])
    [mark] = await store.marks([NOW])
    assert [count.events for count in await store.rates.sources(mark, 3)] == [3]


async def test_a_replay_is_followed_as_a_new_delivery(store: Store, make: Make) -> None:
    [outcome] = await store.accept([make("evt_1")])
    head = await store.tail.head("deliveries", 0)
    await store.replay([NewDelivery(new_id(NOW), outcome.event_id, "app", NOW)], NOW)
    span = Span(head, await store.tail.head("deliveries", head))
    assert [each.event_id for each in await store.tail.deliveries(span)] == [outcome.event_id]
