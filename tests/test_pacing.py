"""Those who follow share pages, and rest behind each answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.operate.following import Following, Wanted
from gateway.operate.pacing import ANSWER, FRESH, MOST, Kept, Pace
from gateway.store import open_store
from tests.cli.conftest import NOW, event

pytestmark = pytest.mark.anyio


async def _over() -> bool:
    return True


async def test_who_is_at_the_same_place_gets_the_same_page(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "gateway.db")
    following, wanted = Following(lambda: store), Wanted()
    begun = await following.begin(wanted)
    await store.accept([event("evt_1", at=NOW)])
    await asyncio.sleep(0.3)  # until the head is looked for again
    first, second = [await following.page(wanted, begun, _over) for _ in range(2)]
    assert [row.event.id for row in first.rows if row.event] == ["evt_1"]
    assert second is first and second.text is first.text
    other = await following.page(Wanted(source="stripe"), begun, _over)
    assert other is not first and other.text == first.text
    await store.close()


async def test_a_turn_comes_after_the_rest_of_the_one_before() -> None:
    loop, pace = asyncio.get_running_loop(), Pace(rest=20.0)
    async with pace.turn(lambda: False):
        pace.answered(0)
    began = loop.time()
    async with pace.turn(lambda: False):
        assert loop.time() - began >= 20 * ANSWER * 0.9
        pace.answered(0)
    began = loop.time()
    async with pace.turn(lambda: True):  # the process is about to end
        assert loop.time() - began < 10 * ANSWER


async def test_a_large_answer_is_rested_for_longer() -> None:
    pace = Pace()
    rests = []
    for size in (0, 1_000_000):
        async with pace.turn(lambda: True):
            pace.answered(size)
            rests.append(pace._free_at - pace._began)
    assert rests[1] > 2 * rests[0]


def test_a_page_is_kept_for_a_moment() -> None:
    kept: Kept[str] = Kept()
    kept.keep("a", "page", 10, 0.0)
    assert kept.get("a", FRESH - 0.01) == "page"
    assert kept.get("a", FRESH) is None
    kept.keep("b", "page", 10, FRESH)
    assert list(kept._pages) == ["b"]


def test_what_is_kept_is_bounded() -> None:
    kept: Kept[str] = Kept()
    for n in range(5):
        kept.keep(n, "page", MOST // 2, 0.0)
    kept.keep(4, "page again", MOST // 2, 0.0)
    assert list(kept._pages) == [3, 4] and kept._size == MOST // 2 * 2
