"""One store of each engine, plain and encrypted, and events to put into it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gateway.event import Event, new_id
from gateway.store import Store, open_store
from gateway.store.keyring import Keyring
from gateway.store.postgres import PostgresStore
from gateway.store.records import Candidate, Reception
from gateway.store.sealed import sealed

NOW = 1_800_000_000_000
HOUR = 3_600_000
DAY = 24 * HOUR

Make = Callable[..., Candidate]


Nodes = Callable[[], Awaitable[Store]]


KEYS = (b"k" * 32,)


@pytest.fixture(params=["sqlite", "postgres", "encrypted sqlite"])
async def node(request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Nodes]:
    """Opens a node on one store; what is opened is closed at the end. Its clock is the caller's."""
    opened: list[Store] = []
    url = request.getfixturevalue("database") if "postgres" in request.param else None
    keyring = Keyring(KEYS) if "encrypted" in request.param else None

    async def one() -> Store:
        store: Store
        if url is None:
            store = await open_store(tmp_path / "gateway.db")
        else:
            store = await PostgresStore.open(url, clock="caller")
        opened.append(sealed(store, keyring) if keyring else store)
        return opened[-1]

    yield one
    for store in opened:
        await store.close()


@pytest.fixture
async def store(node: Nodes) -> Store:
    """An empty store."""
    return await node()


@pytest.fixture
async def two(node: Nodes) -> tuple[Store, Store]:
    """Two nodes on one empty store, as two processes would have it."""
    return await node(), await node()


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
