"""The circuit breaker: a table of what it sees and asks for, and then in a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.config.breaker import Breaker as Rule
from gateway.pipeline.breaker import Breaker
from gateway.store.records import Query
from tests.pipeline.conftest import Bench, benched

RULE = {"failures": 0.5, "of": 4, "within": "10s", "wait": "30s"}

# what happens, one letter each -> what it asks for at the end
# s, f: an attempt succeeds, fails; S, F: the probe does; o, c: the store says open, closed; .: 10 s pass
SEEN = [
    ("fff", None),  # too few attempts to say anything
    ("ffff", "open"),
    ("ssff", "open"),  # half of them
    ("sssff", None),  # less than half
    ("sssfffs", None),  # a success never opens… unless the share is there: 3 of 7 is not
    ("sssfff", "open"),
    ("fff.f", None),  # what is older than the window is forgotten
    ("ffffof", None),  # what was under way when it opened asks for nothing
    ("ffffos", None),  # and does not close it
    ("ffffoS", "close"),
    ("ffffoF", "wait"),
    ("ffffoFS", None),  # a probe is one attempt; its delivery's next is none
    ("ffffocf", None),  # closed, it counts anew
    ("ffffocffff", "open"),
    ("offf", None),  # another process opened it
    ("ocS", None),  # and closed it: the delivery is an attempt like any other
]


@pytest.mark.parametrize(("seen", "asked"), SEEN)
def test_what_a_breaker_asks_for(seen: str, asked: str | None) -> None:
    breaker, now, change = Breaker(Rule.model_validate(RULE)), 1000.0, None
    for each in seen:
        now += 10 if each == "." else 0.01
        if each in "oc":
            breaker.follow(each == "o")
            breaker.probe = "probe" if each == "o" else None
        elif each != ".":
            change = breaker.attempted("probe" if each.isupper() else "other", each in "sS", now)
    assert change == asked


pytestmark = pytest.mark.anyio


@pytest.fixture
async def guarded(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Bench]:
    """A worker whose subscription has a breaker: it opens when 2 of 4 attempts fail, and waits 30 s."""
    async with benched(tmp_path) as made:
        made.configure(breaker="{failures: 0.5, of: 4, within: 1m, wait: 30s}", schedule="[10m]")
        yield made


async def told(bench: Bench) -> list[str]:
    found = await bench.store.events(Query(source="gateway"))
    return [each.event.name.removeprefix("gateway/subscription.") for each in reversed(found)]


async def test_a_breaker_opens_keeps_the_backlog_and_closes_by_one_probe(guarded: Bench) -> None:
    guarded.answers = [500] * 4
    await guarded.accept(10)
    await guarded.round()
    await guarded.round()
    assert (len(guarded.got), await told(guarded)) == (4, ["paused"])
    await guarded.round(after=29)
    assert len(guarded.got) == 4
    guarded.open.clear()
    await guarded.step(after=1.5)
    await guarded.step()
    assert len(guarded.got) == 5
    guarded.open.set()
    await guarded.settled()
    assert (await told(guarded), await guarded.store.paused()) == (["paused", "resumed"], [])
    for _ in range(3):
        await guarded.round()
    assert len(guarded.got) == 10


async def test_a_probe_that_fails_waits_again(guarded: Bench) -> None:
    guarded.answers = [500] * 5
    await guarded.accept(10)
    await guarded.round()
    await guarded.round()
    await guarded.round(after=31)
    await guarded.round(after=29)
    assert len(guarded.got) == 5
    await guarded.round(after=2)
    assert await guarded.store.paused() == []


async def test_the_reason_says_what_was_seen(guarded: Bench) -> None:
    guarded.answers = [500] * 4
    await guarded.accept(4)
    await guarded.round()
    await guarded.round()
    [pause] = await guarded.store.paused()
    assert pause.reason == "circuit breaker: 4 of 4 attempts failed within 1m"


async def test_another_worker_makes_the_probe_and_the_first_learns_of_it(guarded: Bench) -> None:
    other = guarded.new_worker()
    guarded.answers = [500] * 4
    await guarded.accept(10)
    await guarded.round()
    await guarded.round()
    await guarded.round(after=31, worker=other)
    assert (len(guarded.got), await guarded.store.paused()) == (5, [])
    await guarded.round()
    assert len(guarded.got) == 7
    await other.stop(0)


async def test_what_a_person_paused_is_not_probed(guarded: Bench) -> None:
    await guarded.store.pause("app", "by hand", 0)
    await guarded.accept(2)
    await guarded.round(after=60)
    assert (guarded.got, [each.reason for each in await guarded.store.paused()]) == ([], ["by hand"])


async def test_a_breaker_that_left_the_config_lets_go(guarded: Bench) -> None:
    guarded.answers = [500] * 4
    await guarded.accept(5)
    await guarded.round()
    await guarded.round()
    guarded.configure()
    await guarded.round()
    assert await guarded.store.paused() == []
