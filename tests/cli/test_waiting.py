"""What the command line shows of deliveries that wait for another event."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from gateway.cli.listing import local
from gateway.expression import TWO, Expression
from gateway.store import Store
from gateway.store.records import Candidate
from gateway.wait import new_wait
from tests.cli.conftest import HOUR, NOW, Home, event

MATCH = Expression("event.data.a == async.data.a", TWO)


def waiting() -> Candidate:
    """An event whose delivery to `app` waits for another, and may be cancelled by a third."""
    made = event(to=("app",))
    waits = (
        new_wait(made.event, "", ("stripe/paid",), MATCH, HOUR),
        new_wait(made.event, "cancel_on 1", ("stripe/voided",), MATCH, ends=True),
    )
    return replace(made, waits={"app": waits})


@pytest.fixture
def waits(home: Home) -> Home:
    home.accept(waiting())
    return home


def arrives(home: Home, name: str) -> str:
    """An event that fits comes, and is followed. Returns its event_id."""
    [outcome] = home.accept(event("evt_2", name=name))

    async def follow(store: Store) -> None:
        look = await store.waits.look()
        assert look is not None
        await store.waits.resolve(look, [wait.seq for wait, _ in look.waits], NOW)

    home.do(follow)
    return outcome.event_id


def test_the_list_says_for_what_and_until_when(waits: Home) -> None:
    shown = waits.gateway("deliveries").stdout
    assert "waits for stripe/paid" in shown and local(NOW + HOUR) in shown
    [row] = waits.lines("deliveries")
    assert (row["state"], row["parked"], row["due_at"], row["in_flight"]) == (
        "pending",
        True,
        NOW + HOUR,
        False,
    )
    first, second = row["waits"]
    assert (first["patterns"], first["match"], first["until"]) == (["stripe/paid"], MATCH.text, NOW + HOUR)
    assert (second["step"], second["ends"], second["until"]) == ("cancel_on 1", True, None)


def test_the_event_says_it_too_and_then_what_came(waits: Home) -> None:
    assert "stripe/paid" in waits.gateway("event", "evt_1").stdout
    came = arrives(waits, "stripe/paid")
    [page] = waits.lines("event", "evt_1")
    [delivery] = page["deliveries"]
    assert (delivery["parked"], delivery["waits"][0]["state"]) == (False, "matched")
    assert delivery["waits"][0]["async_id"] == came


def test_why_says_what_it_waits_for_and_what_cancelled_it(waits: Home) -> None:
    detail = waits.lines("why", "evt_1", "app")[0]["detail"]
    assert detail == f"pending; it waits for stripe/paid until {local(NOW + HOUR)}"
    came = arrives(waits, "stripe/voided")
    waits.gateway("cancel", "evt_1")
    assert f"by cancel_on stripe/voided, event {came}" in waits.lines("why", "evt_1", "app")[0]["detail"]


def test_what_waits_can_be_cancelled(waits: Home) -> None:
    assert waits.gateway("cancel", "evt_1").stdout == "cancelled 1 delivery\n"
    assert waits.do(lambda store: store.waits.open()) == 0
    assert round(time.time() * 1000) > NOW
