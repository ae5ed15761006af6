"""What a source has had already, and how far its backfill got, on every store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.store import Store
from gateway.store.places import Place
from gateway.store.records import Query, Reception
from gateway.store.retention import Retention
from tests.contract.conftest import DAY, HOUR, NOW, Make

pytestmark = pytest.mark.anyio


async def test_what_a_source_has_had_is_known(store: Store, make: Make) -> None:
    await store.accept([make("evt_1"), make("evt_2", source="other")])
    assert await store.known("stripe", ["evt_1", "evt_2", "evt_3"]) == {"evt_1"}


async def test_a_stored_event_is_known_when_its_window_is_over(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", at=NOW - 2 * DAY)])
    assert (await store.purge(Retention(NOW, 0, 0, 0))).keys == 1
    assert await store.known("stripe", ["evt_1"]) == {"evt_1"}


async def test_a_purged_event_is_known_while_its_key_is_kept(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", at=NOW - 2 * DAY, window=3 * DAY)])
    assert (await store.purge(Retention(NOW, NOW, 0, 0))).events == 1
    assert await store.known("stripe", ["evt_1"]) == {"evt_1"}


async def test_a_twin_is_known_by_its_key(store: Store, make: Make) -> None:
    await store.accept([make("evt_thin", key="evt_snapshot")])
    assert await store.known("stripe", ["evt_snapshot"]) == {"evt_snapshot"}


@pytest.mark.parametrize("webhook_first", [True, False])
async def test_a_webhook_and_its_backfill_are_one_event_and_differ_in_nothing(
    store: Store, make: Make, webhook_first: bool
) -> None:
    webhook, read = make("evt_1"), replace(make("evt_1", data='{"a":2}'), digest=b"")
    first, second = (webhook, read) if webhook_first else (read, webhook)
    await store.accept([first])
    [again] = await store.accept([second])
    assert again.event_id == first.event.event_id and again.duplicate is not None
    assert (again.duplicate.reason, again.duplicate.differs) == ("backfill", False)
    assert [d.reason for d in await store.duplicates(Query())] == ["backfill"]


async def test_a_backfill_goes_on_where_it_was(two: tuple[Store, Store]) -> None:
    here, there = two
    assert await here.begin_backfill("stripe", "", NOW, NOW + HOUR) == Place("stripe", "")
    await here.mark_backfill(Place("stripe", "", "evt_9"), 0)
    assert await there.begin_backfill("stripe", "", NOW, NOW + HOUR) == Place("stripe", "", "evt_9")


async def test_only_one_is_at_a_backfill_until_its_time_is_over(two: tuple[Store, Store]) -> None:
    here, there = two
    await here.begin_backfill("stripe", "", NOW, NOW + HOUR)
    assert await there.begin_backfill("stripe", "", NOW + HOUR - 1, NOW + 2 * HOUR) is None
    assert await there.begin_backfill("stripe", "acct_1", NOW, NOW + HOUR) == Place("stripe", "acct_1")
    assert await there.begin_backfill("stripe", "", NOW + HOUR, NOW + 2 * HOUR) == Place("stripe", "")


async def test_what_was_read_is_no_webhook_that_went_in(store: Store, make: Make) -> None:
    read = make("evt_1")
    await store.accept([replace(read, reception=Reception("backfill", "u", "[]", None), digest=b"")])
    assert not await store.has_accepted("stripe", NOW)
    await store.accept([make("evt_2")])
    assert await store.has_accepted("stripe", NOW)
