"""How much waits for whom, and for how long, on every engine."""

from __future__ import annotations

import pytest

from gateway.store import Store
from gateway.store.records import Backlog
from tests.contract.conftest import HOUR, NOW, Make

pytestmark = pytest.mark.anyio


async def test_an_empty_store_has_no_backlog(store: Store) -> None:
    assert list(await store.backlog(NOW)) == []


async def test_what_is_due_is_told_from_what_waits_for_its_time(store: Store, make: Make) -> None:
    late, soon = make("evt_1", to=("app", "mail")), make("evt_2", to=("app",), ts=NOW + HOUR)
    await store.accept([late, soon])
    found = sorted(await store.backlog(NOW + 2_000), key=lambda one: one.subscription)
    assert found == [Backlog("app", 2, 1, 2_000), Backlog("mail", 1, 1, 2_000)]


async def test_nothing_due_is_not_late(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", to=("app",), ts=NOW + HOUR)])
    assert list(await store.backlog(NOW)) == [Backlog("app", 1, 0, 0)]


async def test_what_a_worker_has_is_no_backlog(store: Store, make: Make) -> None:
    await store.accept([make("evt_1", to=("app",))])
    await store.claim({"app": 1}, {"app": HOUR}, NOW, "worker")
    assert list(await store.backlog(NOW)) == []


async def test_a_store_tells_of_its_commits(store: Store, make: Make) -> None:
    before = sum(store.commits.writes.buckets)
    await store.accept([make("evt_1")])
    assert sum(store.commits.writes.buckets) == sum(store.commits.seconds.buckets) == before + 1
    assert store.commits.writes.total >= before + 1
