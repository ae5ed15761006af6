"""Nodes on PostgreSQL wake each other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import psycopg
import pytest

from gateway.event import new_id
from gateway.store.postgres import PostgresStore
from gateway.store.records import NewDelivery
from tests.contract.conftest import NOW, candidate
from tests.store.conftest import Open, real_now, received

pytestmark = pytest.mark.anyio


class Heard(asyncio.Queue[str]):
    """What a node's worker was woken for."""

    def wake(self, subscriptions: Iterable[str]) -> None:
        for name in subscriptions:
            self.put_nowait(name)

    async def next(self) -> str:
        return await asyncio.wait_for(self.get(), 5)


async def test_a_replay_and_a_resume_wake_the_other_node(
    shared: PostgresStore, opening: Open, database: str
) -> None:
    other, heard = await opening(database, connections=1), Heard()
    [outcome] = await shared.accept([candidate("e", at=real_now())])
    await shared.listen(heard.wake)
    await other.replay([NewDelivery(new_id(NOW), outcome.event_id, "again", NOW)], NOW)
    assert await heard.next() == "again"
    await other.pause("held", "by hand", NOW)
    await other.resume("held")
    assert await heard.next() == "held"


async def test_a_node_is_not_told_of_its_own_deliveries(
    shared: PostgresStore, opening: Open, database: str
) -> None:
    other, third, heard, all_heard = await opening(database), await opening(database), Heard(), Heard()
    await shared.listen(heard.wake)
    await third.listen(all_heard.wake)
    await shared.accept([candidate("mine", at=real_now(), to=("mine",))])
    assert await all_heard.next() == "mine"
    await other.accept([candidate("theirs", at=real_now(), to=("theirs",))])
    assert await heard.next() == "theirs"


async def test_a_listener_that_was_cut_off_listens_again(
    shared: PostgresStore,
    opening: Open,
    database: str,
    db: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.store.postgres.notices.RECONNECT_AFTER", 0.01)
    other, heard = await opening(database), Heard()
    await shared.listen(heard.wake)
    listening = "FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
    assert db.execute(f"SELECT pg_terminate_backend(pid) {listening}").fetchall() == [(True,)]
    async with asyncio.timeout(5):
        while heard.empty():
            await received(other, new_id(NOW))
            await asyncio.sleep(0.01)
