"""The audit log, on every store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.event import new_id
from gateway.store import Store
from gateway.store.audit import Entry, Which
from tests.contract.conftest import DAY, NOW

pytestmark = pytest.mark.anyio


def entry(at: int = NOW, who: str = "deploy", action: str = "replay", **more: str) -> Entry:
    """Somebody did something at `at`."""
    fields = {"target": "evt_1", "detail": "{}", "address": "192.0.2.7"} | more
    return Entry(new_id(at), at, who, "operate", "api", action=action, outcome="done", **fields)  # type: ignore[arg-type]


async def noted(store: Store, *entries: Entry) -> None:
    for each in entries:
        await store.audit.note(each)


async def test_what_is_noted_is_kept_whole_and_comes_newest_first(store: Store) -> None:
    first, second = entry(), entry(NOW + 1)
    await noted(store, first, second)
    found = await store.audit.entries(Which())
    assert [replace(each, seq=0) for each in found] == [second, first]


# filter -> the ids of what it wants
WANTED = [
    (Which(who="deploy"), [3, 1]),
    (Which(action="pause"), [3, 2]),
    (Which(who="deploy", action="pause"), [3]),
    (Which(since=NOW + 2), [3, 2]),
    (Which(limit=1), [3]),
    (Which(who="nobody"), []),
]


@pytest.mark.parametrize(("which", "wanted"), WANTED, ids=str)
async def test_entries_are_chosen_by_who_what_and_when(store: Store, which: Which, wanted: list[int]) -> None:
    await noted(
        store,
        entry(NOW + 1),
        entry(NOW + 2, who="admin", action="pause"),
        entry(NOW + 3, action="pause"),
    )
    assert [each.at - NOW for each in await store.audit.entries(which)] == wanted


async def test_a_page_goes_on_where_the_one_before_ended(store: Store) -> None:
    await noted(store, *(entry(NOW + n) for n in range(3)))
    [newest] = await store.audit.entries(Which(limit=1))
    assert [each.at for each in await store.audit.entries(Which(before=newest.seq))] == [NOW + 1, NOW]


async def test_old_entries_go_a_few_at_a_time(store: Store) -> None:
    await noted(store, *(entry(NOW - DAY + n) for n in range(3)), entry())
    assert [await store.audit.purge(NOW, 2) for _ in range(3)] == [2, 1, 0]
    assert [each.at for each in await store.audit.entries(Which())] == [NOW]


async def test_a_zero_byte_stops_no_entry(store: Store) -> None:
    await noted(store, entry(target="a\0b"))
    [kept] = await store.audit.entries(Which())
    assert kept.target in ("a\0b", "a\N{REPLACEMENT CHARACTER}b")
