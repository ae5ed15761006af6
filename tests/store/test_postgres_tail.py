"""Reading forward where nodes commit in another order than they take places."""

from __future__ import annotations

import psycopg
import pytest

from gateway.store import Store
from gateway.store.postgres import PostgresStore
from gateway.store.tail import Span
from tests.contract.conftest import candidate

pytestmark = pytest.mark.anyio

INSERT = """
INSERT INTO events (event_id, id, name, source, ts, received_at, data)
SELECT left(event_id, 10) || repeat('Z', 16), 'slow',
       name, source, ts, received_at, data
FROM events LIMIT 1
"""


@pytest.fixture
async def store(database: str):  # type: ignore[no-untyped-def]
    made = await PostgresStore.open(database, clock="caller")
    yield made
    await made.close()


async def read(store: Store, after: int) -> tuple[int, list[str]]:
    """The head behind a place, and the events up to it."""
    head = await store.tail.head("events", after)
    return head, [each.event.id for each in await store.tail.events(Span(after, head))]


@pytest.mark.parametrize("commits", [True, False])
async def test_what_may_still_appear_holds_back_what_came_after_it(
    store: Store, database: str, commits: bool
) -> None:
    await store.accept([candidate("evt_1")])
    place, _ = await read(store, 0)
    with psycopg.connect(database, application_name="gateway") as slow:
        slow.execute(INSERT)
        await store.accept([candidate("evt_2")])
        assert await read(store, place) == (place, [])
        assert await read(store, place) == (place, [])
        slow.commit() if commits else slow.rollback()
        _, found = await read(store, place)
        assert found == (["slow", "evt_2"] if commits else ["evt_2"])


async def test_a_transaction_that_began_later_holds_nothing_back(store: Store, database: str) -> None:
    await store.accept([candidate("evt_1")])
    place, _ = await read(store, 0)
    with psycopg.connect(database, application_name="gateway") as undone:
        undone.execute(INSERT)
        await store.accept([candidate("evt_2")])
        await read(store, place)
        undone.rollback()
        undone.execute("SELECT 1")  # it runs on, and can't have taken the free place
        assert (await read(store, place))[1] == ["evt_2"]
