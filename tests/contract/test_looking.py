"""What the dashboard reads: how far the rows had come, what died when, who was last seen."""

from __future__ import annotations

import pytest

from gateway.event import new_id
from gateway.store import Store
from gateway.store.records import Attempt, Query, Settlement
from gateway.store.rejections import Rejection
from tests.contract.conftest import HOUR, NOW, Make

pytestmark = pytest.mark.anyio

MINUTE = 60_000


async def settle(store: Store, at: int, state: str) -> None:
    """Let every due delivery of `app` end at `at`."""
    for claimed in (await store.claim({"app": 100}, {"app": HOUR}, at, "node")).claimed:
        one = claimed.delivery
        made = Attempt(one.delivery_id, one.attempts, at, 5, status=500)
        await store.settle(Settlement(made, state, at, 1, at))  # type: ignore[arg-type]


async def test_two_marks_tell_how_much_was_made_between_them(store: Store, make: Make) -> None:
    for number, at in enumerate([NOW, NOW + MINUTE, NOW + MINUTE]):
        await store.accept([make(f"evt_{number}", at=at, to=("app",))])
    await store.accept([make("evt_0", at=NOW + MINUTE)])
    early, late, never = await store.marks([NOW, NOW + MINUTE, NOW + HOUR])
    assert (late.events - early.events, never.events - late.events) == (1, 2)
    assert (late.deliveries - early.deliveries, never.deliveries - late.deliveries) == (1, 2)
    assert (late.duplicates - early.duplicates, never.duplicates - late.duplicates) == (0, 1)


async def test_a_mark_counts_rejections_that_are_no_longer_kept(store: Store) -> None:
    for source in ("github", *["stripe"] * 5):
        refused = Rejection(new_id(NOW), source, "stale", "", NOW, "", "POST", "", "[]", 0, "", keep=2)
        await store.reject(refused)
    [*last, first] = await store.rejections(Query())
    before, after = await store.marks([0, NOW + 1])
    assert (len(last), first.source, before.rejections) == (2, "github", first.seq)
    assert after.rejections - 1 == first.seq + 5


async def test_marks_of_an_empty_store_are_alike(store: Store) -> None:
    first, second = await store.marks([NOW, NOW + HOUR])
    assert first == second


async def test_dead_letters_are_counted_by_when_they_died(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", to=("app",))])
    await settle(store, NOW + MINUTE, "dead")
    await store.accept([make("evt_2", to=("app",))])
    await settle(store, NOW + 5 * MINUTE, "dead")
    await store.accept([make("evt_3", to=("app",))])
    await settle(store, NOW + 5 * MINUTE, "succeeded")
    assert await store.dead_letters(NOW, 2 * MINUTE) == {0: 1, 2: 1}
    assert await store.dead_letters(NOW + 2 * MINUTE, MINUTE) == {3: 1}


async def test_a_source_was_last_seen_when_its_newest_event_came(store: Store, make: Make) -> None:
    for number, source in enumerate(["stripe", "github", "stripe"]):
        await store.accept([make(f"evt_{number}", at=NOW + number, source=source)])
    assert await store.last_seen(["stripe", "github", "shopify"]) == {"stripe": NOW + 2, "github": NOW + 1}


async def test_looking_ends_at_after(store: Store, make: Make) -> None:
    for number in range(4):
        await store.accept([make(f"evt_{number}", to=("app",))])
    newest = await store.events(Query(limit=2))
    floor = newest[-1].seq
    assert [stored.seq for stored in await store.events(Query(after=floor))] == [newest[0].seq]
    assert [stored.seq for stored in await store.events(Query(after=floor, source="stripe"))] == [floor + 1]
    (last,) = await store.deliveries(Query(after=(await store.deliveries(Query(limit=2)))[1].seq))
    assert last.event_id == newest[0].event.event_id


async def test_looking_through_duplicates_ends_at_after_too(store: Store, make: Make) -> None:
    for _ in range(4):
        await store.accept([make("again")])
    newest, middle, oldest = await store.duplicates(Query())
    assert await store.duplicates(Query(after=middle.seq)) == [newest]
    assert await store.duplicates(Query(after=oldest.seq, before=newest.seq, source="stripe")) == [middle]


async def test_the_dead_are_found_by_all_that_is_asked(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", to=("app",))])
    await settle(store, NOW, "dead")
    await store.accept([make("evt_2", to=("app",))])
    assert [d.id for d in await store.deliveries(Query(state="dead", name="stripe/*"))] == ["evt_1"]
    assert not await store.deliveries(Query(state="dead", subscription="mail"))
    assert not await store.deliveries(Query(state="dead", since=NOW + 1))
