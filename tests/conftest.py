"""What every test may ask for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import psycopg
import pytest

from tests.postgres import Databases, Server


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the gateway does."""
    return "asyncio"


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Databases on the server that GATEWAY_TEST_POSTGRES names, else on one that is started for the tests."""
    url = os.environ.get("GATEWAY_TEST_POSTGRES")
    server = None if url else Server()
    try:
        with contextlib.closing(Databases(url or server.url())) as made:  # type: ignore[union-attr]
            yield made
    finally:
        if server is not None:
            server.remove()


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    """The URL of a PostgreSQL database with the gateway's tables, which are empty."""
    url = databases.ready()
    yield url
    databases.give_back(url)


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[str]:
    """The URL of a PostgreSQL database with nothing in it."""
    url = databases.empty()
    yield url
    databases.drop(url)


@pytest.fixture(scope="session")
def second_server() -> Iterator[Server]:
    """A PostgreSQL on which nothing else depends."""
    server = Server()
    yield server
    server.remove()


@pytest.fixture
def own_server(second_server: Server) -> Iterator[Server]:
    """A PostgreSQL that the test may stop and start; its database `own` is empty."""
    with psycopg.connect(second_server.url(), autocommit=True) as db:
        db.execute("DROP DATABASE IF EXISTS own WITH (FORCE)")
        db.execute("CREATE DATABASE own")
    yield second_server
    second_server.start()
