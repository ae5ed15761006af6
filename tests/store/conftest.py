"""Stores on a PostgreSQL database, and a plain connection to look at it from outside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import psycopg
import pytest

from gateway.store.postgres import PostgresStore

Open = Callable[..., Awaitable[PostgresStore]]


@pytest.fixture
async def opening(anyio_backend: str) -> AsyncIterator[Open]:
    """Opens a store as `PostgresStore.open` does; closed at the end."""
    opened: list[PostgresStore] = []

    async def one(url: str, **more: object) -> PostgresStore:
        opened.append(await PostgresStore.open(url, **more))  # type: ignore[arg-type]
        return opened[-1]

    yield one
    for store in opened:
        await store.close()


@pytest.fixture
async def shared(opening: Open, database: str) -> PostgresStore:
    """A store that goes by the database's clock, as in production."""
    return await opening(database)


@pytest.fixture
def db(database: str) -> Iterator[psycopg.Connection]:
    """A connection of somebody else's to the same database."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection
