"""What goes and what stays, and the lists people read, on every store."""

from __future__ import annotations

import pytest

from gateway.store import Store
from gateway.store.records import Query
from gateway.store.rejections import Rejection
from gateway.store.retention import Retention
from tests.contract.conftest import DAY, HOUR, NOW, Make

pytestmark = pytest.mark.anyio


def retain(before: int, now: int = NOW) -> Retention:
    return Retention(now, before, before, before)


def rejection(n: int, source: str = "stripe", keep: int = 1000, body: bytes | None = None) -> Rejection:
    return Rejection(
        f"r{n}", source, "bad_signature", "no", NOW + n, "", "POST", "u", "[]", 1, "aa", body, keep=keep
    )


async def test_purging_takes_old_events_with_all_that_belongs_to_them(store: Store, make: Make) -> None:
    await store.accept([make("old", at=NOW - 2 * DAY), make("new", at=NOW)])
    purged = await store.purge(retain(NOW))
    assert (purged.events, purged.total) == (1, 1 + purged.keys)
    assert [s.event.id for s in await store.events(Query())] == ["new"]


async def test_an_event_with_a_pending_delivery_stays(store: Store, make: Make) -> None:
    old = NOW - 2 * DAY
    await store.accept([make("waits", at=old, to=("app",)), make("old", at=old)])
    assert (await store.purge(retain(NOW))).events == 1
    assert [s.event.id for s in await store.events(Query())] == ["waits"]


async def test_a_key_outlives_its_event_until_the_window_ends(store: Store, make: Make) -> None:
    [first] = await store.accept([make("e", at=NOW, data='{"a":1}', window=3 * DAY)])
    assert (await store.purge(retain(NOW + 2 * DAY, now=NOW + 2 * DAY))).events == 1
    [second] = await store.accept([make("e", at=NOW + 3 * DAY - 1, data='{"a":2}')])
    assert second.duplicate is not None
    assert (second.event_id, second.duplicate.same_body) == (first.event_id, False)


async def test_a_key_goes_when_its_window_ends(store: Store, make: Make) -> None:
    await store.accept([make("e", at=NOW)])
    assert (await store.purge(retain(0, now=NOW + HOUR - 1))).keys == 0
    assert (await store.purge(retain(0, now=NOW + HOUR))).keys == 1


async def test_purging_goes_in_steps_until_there_is_nothing_left(store: Store, make: Make) -> None:
    await store.accept([make(f"e{n}", at=NOW - n * DAY) for n in range(2, 7)])
    counts = []
    while (purged := await store.purge(retain(NOW), limit=2)).total:
        counts.append(purged)
    assert sum(purged.events for purged in counts) == 5
    assert len(counts) >= 3 and max(purged.keys for purged in counts) <= 2
    assert await store.events(Query()) == []


async def test_what_a_purge_would_take_is_counted_before(store: Store, make: Make) -> None:
    old = NOW - 2 * DAY
    await store.accept([make("old", at=old), make("waits", at=old, to=("app",)), make("new")])
    await store.accept([make("old", at=old + 1)])
    await store.reject(rejection(-1))
    counted = await store.purgeable(retain(NOW))
    assert (counted.events, counted.duplicates, counted.rejections, counted.keys) == (1, 1, 1, 2)
    gone = [await store.purge(retain(NOW)) for _ in range(3)]
    assert sum(purged.total for purged in gone) == counted.total
    assert (await store.purgeable(retain(NOW))).total == 0


async def test_erasing_takes_one_event_and_leaves_its_key(store: Store, make: Make) -> None:
    [kept, gone] = await store.accept([make("kept"), make("gone", to=("app",))])
    await store.accept([make("gone")])
    assert await store.erase(gone.event_id)
    assert not await store.erase(gone.event_id)
    assert [s.event.event_id for s in await store.events(Query())] == [kept.event_id]
    assert await store.deliveries(Query()) == [] == await store.duplicates(Query())
    [again] = await store.accept([make("gone")])
    assert again.duplicate is not None


async def test_rejections_are_counted_and_the_last_ones_kept(store: Store) -> None:
    for n in range(5):
        await store.reject(rejection(n, keep=3))
    await store.reject(rejection(9, source="github"))
    kept = await store.rejections(Query(source="stripe"))
    assert [r.rejection_id for r in kept] == ["r4", "r3", "r2"]
    counts = {(c.source, c.reason): c.count for c in await store.rejection_counts()}
    assert counts == {("stripe", "bad_signature"): 5, ("github", "bad_signature"): 1}


async def test_the_quarantine_holds_bodies_until_they_are_released(store: Store) -> None:
    await store.reject(rejection(1, body=b"kept"))
    await store.reject(rejection(2))
    [waiting] = await store.rejections(Query(), quarantined=True)
    assert (waiting.rejection_id, waiting.body) == ("r1", b"kept")
    await store.mark_released("r1", NOW)
    assert await store.rejections(Query(), quarantined=True) == []


# which events a query finds, newest first
QUERIES = [
    (Query(), ["d", "c", "b", "a"]),  # all
    (Query(source="github"), ["b"]),  # one source
    (Query(name="stripe/*"), ["d", "c", "a"]),  # a star stays within a segment
    (Query(name="**.deleted"), ["d"]),  # two stars cross it
    (Query(since=NOW + 2), ["d", "c"]),  # from a moment on
    (Query(limit=2), ["d", "c"]),  # a page
]


@pytest.mark.parametrize(("query", "ids"), QUERIES)
async def test_events_are_found_by(store: Store, make: Make, query: Query, ids: list[str]) -> None:
    await store.accept(
        [
            make("a", at=NOW),
            make("b", at=NOW + 1, source="github", name="github/push"),
            make("c", at=NOW + 2),
            make("d", at=NOW + 3, name="stripe/customer.deleted"),
        ]
    )
    assert [s.event.id for s in await store.events(query)] == ids


async def test_a_page_goes_on_where_the_last_one_ended(store: Store, make: Make) -> None:
    await store.accept([make(f"e{n}") for n in range(5)])
    first = await store.events(Query(limit=2))
    second = await store.events(Query(limit=2, before=first[-1].seq))
    assert [s.event.id for s in (*first, *second)] == ["e4", "e3", "e2", "e1"]


async def test_an_event_is_found_by_either_id_the_newest_first(store: Store, make: Make) -> None:
    [old] = await store.accept([make("evt_1", at=NOW)])
    [new] = await store.accept([make("evt_1", at=NOW + 2 * HOUR)])
    by_provider = await store.event("evt_1")
    by_gateway = await store.event(old.event_id)
    assert by_provider and by_provider.event.event_id == new.event_id
    assert by_gateway and by_gateway.event.event_id == old.event_id
    assert await store.event("nothing") is None


async def test_a_store_that_can_commit_is_ready(store: Store) -> None:
    await store.ready(NOW)
