"""Looking for events by a field of their payload: bounded, the same on every store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from gateway.operate.searching import Wanted, look, searching, wanted
from gateway.store import Store
from gateway.store.records import Query, Stored
from gateway.store.searching import Searching
from tests.contract.conftest import NOW, Make

pytestmark = pytest.mark.anyio


def data(customer: str) -> str:
    return f'{{"data":{{"object":{{"customer":"{customer}"}}}}}}'


async def fill(store: Store, make: Make, *customers: str) -> None:
    for number, customer in enumerate(customers):
        await store.accept([make(f"evt_{number}", at=NOW + number, data=data(customer))])


@dataclass
class Narrow:
    """A part that thinks three events enough for one look."""

    part: Searching
    most: int = 3

    async def holding(self, text: str, query: Query) -> Sequence[Stored]:
        return await self.part.holding(text, query)


CUS_1 = Wanted("data.object.customer", "cus_1")


async def test_only_events_with_the_value_at_the_path_are_found(store: Store, make: Make) -> None:
    await fill(store, make, "cus_1", "cus_10", "cus_2", "cus_1")
    await store.accept([make("elsewhere", at=NOW + 9, data='{"other":"cus_1"}')])
    found = await look(store, CUS_1, Query())
    assert [one.event.id for one in found.rows] == ["evt_3", "evt_0"]
    assert found.before is None


async def test_pages_follow_each_other(store: Store, make: Make) -> None:
    await fill(store, make, *["cus_1"] * 5)
    first = await look(store, CUS_1, Query(limit=2))
    second = await look(store, CUS_1, Query(limit=2, before=first.before))
    third = await look(store, CUS_1, Query(limit=2, before=second.before))
    ids = [[one.event.id for one in page.rows] for page in (first, second, third)]
    assert ids == [["evt_4", "evt_3"], ["evt_2", "evt_1"], ["evt_0"]] and third.before is None
    assert not first.is_cut


async def test_one_look_is_bounded_and_says_where_to_go_on(
    store: Store, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(store, make, "cus_1", *["cus_2"] * 5)
    monkeypatch.setattr(store, "searching", Narrow(store.searching))
    first = await look(store, CUS_1, Query())
    assert (list(first.rows), first.is_cut, first.through) == ([], True, 3)
    second = await look(store, CUS_1, Query(before=first.before))
    assert [one.event.id for one in second.rows] == ["evt_0"]
    every = await searching(store, CUS_1)(Query())
    assert [one.event.id for one in every] == ["evt_0"]


async def test_the_other_filters_hold_too(store: Store, make: Make) -> None:
    await store.accept([make("a", at=NOW, data=data("cus_1"), source="other")])
    await store.accept([make("b", at=NOW + 1, data=data("cus_1"), name="stripe/charge.failed")])
    await store.accept([make("c", at=NOW + 2, data=data("cus_1"))])
    for query, ids in [
        (Query(source="other"), ["a"]),
        (Query(name="stripe/charge.*"), ["b"]),
        (Query(since=NOW + 1), ["c", "b"]),
    ]:
        assert [one.event.id for one in (await look(store, CUS_1, query)).rows] == ids


# what is asked for, the payload, whether it fits
FITS = [
    ("a=x", '{"a":"x"}', True),
    ("a = x ", '{"a":"x"}', True),
    ("a=x", '{"a":"xy"}', False),
    ("a=7", '{"a":7}', True),
    ("a=7", '{"a":"7"}', True),
    ("a=true", '{"a":true}', True),
    ("a=null", '{"a":null}', True),
    ("a=", '{"a":""}', True),
    ("a=é/ü", '{"a":"\\u00e9\\/\\u00fc"}', True),  # as some write it
    ("a.b=1", '{"a":[{"b":0},{"b":1}]}', True),
    ("a=1", '{"a":[0,1]}', True),
    ("a.*=1", '{"a":{"x":0,"y":1}}', True),
    ("**.id=z", '{"a":{"b":{"id":"z"}}}', True),
    ("a=x", '{"a":{"x":1}}', False),
    ("a=x", "no JSON", False),
    ("a b=x", '{"a b":"x"}', True),
    ("a=b=c", '{"a":"b=c"}', True),
]


@pytest.mark.parametrize(("asked", "payload", "fits"), FITS)
def test_what_fits(asked: str, payload: str, fits: bool) -> None:
    it = wanted(asked)
    assert it.fits(payload) is fits
    assert not fits or it.needle in payload


@pytest.mark.parametrize("text", ["a", "=x", "", "a..b=x", ".a=x"])
def test_what_is_no_path_and_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a path and a value such as"):
        wanted(text)
