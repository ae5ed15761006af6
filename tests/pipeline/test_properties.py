"""Whatever a subscriber answers: attempts without a gap, at their times, and one end."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.store.records import Attempt, Query
from tests.contract.conftest import NOW
from tests.pipeline.conftest import Bench, benched

SCHEDULE = (5.0, 60.0, 600.0)
JITTER = 0.3
LOST = "lost"

ANSWERS = st.sampled_from([200, 204, 302, 404, 410, 500, 503, None, LOST])
ASKING = st.tuples(st.just(503), st.integers(0, 2000).map(str))


@dataclass
class Seen:
    """What became of the delivery, and how many system events came of it."""

    state: str
    attempts: Sequence[Attempt]
    emitted: int


async def live(folder: Path, answers: list[int | None | str | tuple[int, str]], chance: float) -> Seen:
    """Deliver one event to a subscriber that answers `answers`; each round comes when it is due."""
    async with benched(folder) as bench:
        bench.configure(schedule="[5s, 1m, 10m]", jitter=JITTER, chance=chance)
        await bench.accept()
        for answer in answers:
            await attempt(bench, answer)
        [delivery] = await bench.store.deliveries(Query(source="stripe"))
        emitted = await bench.store.events(Query(source="gateway", name="gateway/delivery.*"))
        return Seen(delivery.state, await bench.attempts(), len(emitted))


async def attempt(bench: Bench, answer: int | None | str | tuple[int, str]) -> None:
    """One attempt at the time it is due, and a round just before, in which nothing may happen."""
    [delivery] = await bench.store.deliveries(Query(source="stripe"))
    bench.clock.now = max(bench.clock.now, delivery.due_at / 1000 - 0.002)
    bench.answers = []
    if delivery.state == "pending" and delivery.due_at > bench.clock.now * 1000 + 1:
        await bench.round()
        assert len(await bench.attempts()) == delivery.attempts
    bench.clock.now = max(bench.clock.now, delivery.due_at / 1000)
    if answer == LOST:
        await bench.store.claim({"app": 1}, {"app": 1}, round(bench.clock.now * 1000), "elsewhere:1:x")
        bench.clock.now += 0.001
    else:
        bench.answers = [answer]  # type: ignore[list-item]
    await bench.round()


def waits(answers: Sequence[object], attempts: Sequence[Attempt]) -> list[tuple[float, float, float]]:
    """For each pause between attempts: the least, what it was, the most (seconds)."""
    found = []
    for (first, second), answer, planned in zip(pairwise(attempts), answers, SCHEDULE, strict=False):
        asked = float(answer[1]) if isinstance(answer, tuple) else 0.0
        least, most = (max(planned * (1 + share), asked) for share in (-JITTER, JITTER))
        found.append((least - 0.005, (second.started_at - first.started_at) / 1000, most + 0.005))
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(ANSWERS | ASKING, min_size=5, max_size=5), st.floats(0, 0.999))
def test_any_sequence_of_answers(answers: list[int | None | str | tuple[int, str]], chance: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        seen = asyncio.run(live(Path(folder), answers, chance))
    ended = [n for n, answer in enumerate(answers, 1) if answer in (200, 204, 410) or n > len(SCHEDULE)][0]
    assert [a.number for a in seen.attempts] == list(range(1, ended + 1))
    assert seen.state == ("succeeded" if answers[ended - 1] in (200, 204) else "dead")
    assert seen.emitted == (seen.state == "dead")
    assert seen.attempts[0].started_at - NOW <= 1  # a lost one starts when it is missed
    assert all(least <= was <= most for least, was, most in waits(answers, seen.attempts))
