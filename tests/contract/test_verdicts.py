"""Verdicts, on every store: written with their event, counted, and gone with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.store import Store
from gateway.store.records import Candidate
from gateway.store.retention import Retention
from gateway.verdict import Reason, Verdict, VerdictCount
from tests.contract.conftest import DAY, NOW, candidate

pytestmark = pytest.mark.anyio


def told(
    id: str, *names: str, reason: Reason = "filter", error: str | None = None, at: int = NOW
) -> Candidate:
    """An event that `names` did not want."""
    verdicts = tuple(Verdict(name, reason, "event.v == '2'", '{"event.v":"1"}', error) for name in names)
    return replace(candidate(id, at=at, to=("app",)), verdicts=verdicts)


async def test_a_verdict_is_there_with_its_event(store: Store) -> None:
    asked = told("e", "mail", "crm")
    [outcome] = await store.accept([asked])
    expected = [replace(v, event_id=outcome.event_id) for v in reversed(asked.verdicts)]
    assert await store.verdicts(outcome.event_id) == expected


async def test_a_duplicate_leaves_no_verdict(store: Store) -> None:
    await store.accept([told("e", "mail")])
    [again] = await store.accept([told("e", "mail", "crm")])
    assert [v.subscription for v in await store.verdicts(again.event_id)] == ["mail"]


async def test_errors_are_counted_and_the_newest_verdict_is_known(store: Store) -> None:
    await store.accept([told("a", "mail", reason="error", error="no field"), told("b", "mail", "crm")])
    [last] = await store.accept([told("c", "mail", reason="order", error="a list")])
    mail, nobody, crm = await store.verdict_counts(["mail", "nobody", "crm"])
    assert (mail.errors, mail.last and mail.last.event_id, crm.errors) == (2, last.event_id, 0)
    assert nobody == VerdictCount("nobody", 0, None)


async def test_verdicts_go_with_their_event(store: Store) -> None:
    old = replace(told("old", "mail", at=NOW - 2 * DAY), subscriptions=())
    outcomes = await store.accept([old, told("new", "mail"), told("erased", "mail")])
    await store.erase(outcomes[2].event_id)
    while (await store.purge(Retention(NOW, NOW - DAY, NOW, NOW))).total:
        pass
    assert [len(await store.verdicts(outcome.event_id)) for outcome in outcomes] == [0, 1, 0]
