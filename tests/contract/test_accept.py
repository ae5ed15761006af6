"""Accepting events, on every store: once in, never twice, and nothing dropped in silence."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.store import Store, StoreError
from gateway.store.records import Query
from tests.contract.conftest import HOUR, NOW, Make

pytestmark = pytest.mark.anyio


async def test_an_event_is_stored_with_all_it_came_with(store: Store, make: Make) -> None:
    asked = make("evt_1", data='{"n": 1.10}')
    [outcome] = await store.accept([asked])
    stored = await store.event(outcome.event_id)
    assert stored is not None
    assert stored.event == asked.event
    assert stored.body == b'{"n": 1.10}'
    assert stored.reception == asked.reception


async def test_a_body_that_is_not_the_data_is_kept_once_for_the_whole_batch(store: Store, make: Make) -> None:
    batch = [make(id) for id in ("a", "b")]
    reception = replace(batch[0].reception, request_id="r1", body=b"\xff\x00 raw")
    outcomes = await store.accept([replace(one, reception=reception) for one in batch])
    bodies = [stored.body for o in outcomes if (stored := await store.event(o.event_id))]
    assert bodies == [b"\xff\x00 raw"] * 2


async def test_the_second_of_two_is_a_duplicate_of_the_first(store: Store, make: Make) -> None:
    [first] = await store.accept([make("evt_1", at=NOW)])
    [second] = await store.accept([make("evt_1", at=NOW + 7)])
    assert second.event_id == first.event_id
    assert second.duplicate is not None
    assert (second.duplicate.gap, second.duplicate.same_body, second.duplicate.reason) == (
        7,
        True,
        "event id",
    )
    assert [d.duplicate_id for d in await store.duplicates(Query())] == [second.duplicate.duplicate_id]


async def test_a_thousand_concurrent_copies_make_one_event(store: Store, make: Make) -> None:
    outcomes = await asyncio.gather(*(store.accept([make("evt_1")]) for _ in range(1000)))
    assert len({o.event_id for [o] in outcomes}) == 1
    assert sum(o.duplicate is not None for [o] in outcomes) == 999
    assert len(await store.events(Query(limit=5))) == 1
    assert len(await store.duplicates(Query(limit=2000))) == 999


async def test_a_key_is_only_taken_within_its_source(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", source="stripe")])
    [other] = await store.accept([make("evt_1", source="stripe-eu")])
    assert other.duplicate is None


# when the second copy comes (ms after the first) -> whether it is a duplicate
WINDOW = [
    (0, True),  # at the same moment
    (HOUR - 1, True),  # the last moment of the window
    (HOUR, False),  # the window is over
    (30 * HOUR, False),  # long over
]


@pytest.mark.parametrize(("after", "duplicate"), WINDOW)
async def test_the_window_runs_from_the_first_reception(
    store: Store, make: Make, after: int, duplicate: bool
) -> None:
    await store.accept([make("evt_1", at=NOW)])
    [second] = await store.accept([make("evt_1", at=NOW + after)])
    assert (second.duplicate is not None) is duplicate


async def test_duplicates_do_not_lengthen_the_window(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", at=NOW)])
    await store.accept([make("evt_1", at=NOW + HOUR - 1)])
    [third] = await store.accept([make("evt_1", at=NOW + HOUR + 1)])
    assert third.duplicate is None


async def test_an_event_that_comes_again_after_its_window_has_an_id_of_its_own(
    store: Store, make: Make
) -> None:
    [first] = await store.accept([make("evt_1", at=NOW)])
    [again] = await store.accept([make("evt_1", at=NOW + HOUR)])
    [duplicate] = await store.accept([make("evt_1", at=NOW + HOUR + 1)])
    assert first.event_id != again.event_id == duplicate.event_id


async def test_a_batch_knows_its_own_duplicates(store: Store, make: Make) -> None:
    outcomes = await store.accept([make("a"), make("b"), make("a")])
    assert [o.duplicate is not None for o in outcomes] == [False, False, True]
    assert outcomes[2].event_id == outcomes[0].event_id


async def test_a_batch_is_all_or_nothing(store: Store, make: Make) -> None:
    good = make("a")
    clash = replace(make("b"), event=replace(make("b").event, event_id=good.event.event_id))
    with pytest.raises(StoreError):
        await store.accept([good, clash])
    assert await store.events(Query()) == []


async def test_what_is_made_of_the_outcomes_is_told_once_they_are_on_disk(store: Store, make: Make) -> None:
    asked = [store.accept_preparing([make(f"evt_{n}")], lambda got: got[0].event_id) for n in range(20)]
    assert await asyncio.gather(*asked) == [e.event.event_id for e in reversed(await store.events(Query()))]


async def test_a_preparation_that_raises_fails_alone(store: Store, make: Make) -> None:
    asked = [store.accept_preparing([make(f"evt_{n}")], lambda _, n=n: 1 // n) for n in range(20)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(results[0], ZeroDivisionError) and results[1:] == [1, *[0] * 18]
    assert len(await store.events(Query())) == 20


async def test_a_faulty_request_fails_alone(store: Store, make: Make) -> None:
    clash = make("x")
    bad = [clash, replace(make("y"), event=replace(make("y").event, event_id=clash.event.event_id))]
    results = await asyncio.gather(
        *(store.accept([make(f"evt_{n}")]) for n in range(20)), store.accept(bad), return_exceptions=True
    )
    assert isinstance(results[-1], StoreError)
    assert not [r for r in results[:-1] if isinstance(r, Exception)]
    assert len(await store.events(Query())) == 20


async def test_a_changed_body_is_told_with_the_fields_that_differ(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", data='{"a":1,"b":{"c":2}}')])
    [second] = await store.accept([make("evt_1", data='{"a":1,"b":{"c":3},"d":4}')])
    assert second.duplicate is not None
    assert second.duplicate.differs
    assert second.duplicate.fields == ("b.c", "d")


async def test_what_a_changed_copy_brought_is_kept_and_read_with_its_event(store: Store, make: Make) -> None:
    [first] = await store.accept([make("evt_1", data='{"a":1}')])
    await store.accept([make("evt_1", data='{"a":1}')])
    await store.accept([make("evt_1", data='{"a":2}')])
    copies = await store.duplicates(Query(event_id=first.event_id))
    assert [copy.data for copy in copies] == ['{"a":2}', None]
    assert [copy.data for copy in await store.duplicates(Query())] == [None, None]


async def test_fields_differ_also_within_one_batch(store: Store, make: Make) -> None:
    outcomes = await store.accept([make("e", data='{"a":1}'), make("e", data='{"a":2}')])
    assert outcomes[1].duplicate is not None
    assert outcomes[1].duplicate.fields == ("a",)


async def test_a_twin_is_a_duplicate_for_another_reason(store: Store, make: Make) -> None:
    await store.accept([make("evt_snapshot")])
    [thin] = await store.accept([make("evt_thin", key="evt_snapshot", data="{}")])
    assert thin.duplicate is not None
    assert (thin.duplicate.reason, thin.duplicate.differs) == ("twin", False)


async def test_each_wanted_delivery_is_made_with_its_event(store: Store, make: Make) -> None:
    [outcome] = await store.accept([make("evt_1", to=("mail", "ledger"))])
    deliveries = await store.deliveries(Query(event_id=outcome.event_id))
    assert sorted(d.subscription for d in deliveries) == ["ledger", "mail"]
    assert {d.state for d in deliveries} == {"pending"}


async def test_a_duplicate_makes_no_delivery(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", to=("mail",))])
    await store.accept([make("evt_1", to=("mail",))])
    assert len(await store.deliveries(Query())) == 1


async def test_a_future_time_delays_the_delivery_until_then(store: Store, make: Make) -> None:
    await store.accept([make("later", ts=NOW + HOUR, to=("mail",)), make("old", ts=NOW - HOUR, to=("mail",))])
    due = {d.id: d.due_at for d in await store.deliveries(Query())}
    assert due == {"later": NOW + HOUR, "old": NOW - HOUR}


async def test_the_same_json_written_otherwise_does_not_differ(store: Store, make: Make) -> None:
    await store.accept([make(data='{"a":1,"b":[2]}')])
    [same] = await store.accept([make(data='{ "b": [2],\n"a": 1 }')])
    [other] = await store.accept([make(data='{"a":1.0,"b":[2]}')])
    assert same.duplicate is not None and (same.duplicate.differs, same.duplicate.fields) == (False, ())
    assert other.duplicate is not None and other.duplicate.fields == ("a",)
