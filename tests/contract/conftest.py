"""One store of each engine, and events to put into it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.event import Event, new_id
from gateway.store import Store, open_store
from gateway.store.records import Candidate, Reception

NOW = 1_800_000_000_000
HOUR = 3_600_000

Make = Callable[..., Candidate]


@pytest.fixture(params=["sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Store]:
    """An empty store."""
    opened = await open_store(tmp_path / "gateway.db")
    yield opened
    await opened.close()


@pytest.fixture
def make() -> Make:
    """Makes a candidate: `make("evt_1", at=NOW, to=("app",))`."""
    return candidate


def candidate(
    id: str = "evt_1",
    *,
    at: int = NOW,
    to: tuple[str, ...] = (),
    data: str = '{"a":1}',
    source: str = "stripe",
    name: str = "stripe/customer.created",
    ts: int | None = None,
    key: str | None = None,
    window: int = HOUR,
) -> Candidate:
    """An event of `source` that asks to be stored at `at` (Unix ms)."""
    event = Event(new_id(at), id, name, source, data, at if ts is None else ts, "v1", at, {"livemode": True})
    reception = Reception("192.0.2.1", f"http://x/webhooks/{source}", '[["user-agent","test"]]', 0)
    digest = hashlib.sha256(data.encode()).digest()
    return Candidate(event, digest, to, key or id, window, reception)
