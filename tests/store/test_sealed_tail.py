"""Reading forward in a store whose bodies are encrypted."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.store import open_store
from gateway.store.records import Query
from gateway.store.tail import Listener, Span
from tests.contract.conftest import NOW, candidate

pytestmark = pytest.mark.anyio


async def test_who_follows_reads_what_is_encrypted(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "gateway.db", keys=[b"k" * 32])
    [outcome] = await store.accept([candidate("evt_1", to=("app",), data='{"secret":1}')])
    await store.accept([candidate("evt_1", data='{"secret":2}')])
    await store.tail.attend(Listener("ada", "", "", NOW))
    await store.tail.hand("ada", outcome.event_id)
    assert [one.event.data for one in await store.tail.events(Span(0, 9))] == ['{"secret":1}']
    assert [one.event.data for _, one in await store.tail.handed("ada", 0)] == ['{"secret":1}']
    assert await store.tail.duplicates(Span(0, 9)) == await store.duplicates(Query())
    assert await store.tail.deliveries(Span(0, 9)) == await store.deliveries(Query())
    await store.close()
    assert b'{"secret' not in (tmp_path / "gateway.db").read_bytes()
