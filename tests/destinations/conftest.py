"""A subscriber on a bare socket, which can answer as no HTTP library would, and deliveries to send it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from gateway.config import Subscription
from gateway.destinations import Destination, open_destination
from gateway.destinations.http import HttpDestination
from gateway.event import Event
from gateway.store.records import Claimed, Delivery
from tests.contract.conftest import NOW, candidate
from tests.destinations.moto import Moto
from tests.postgres import Server

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


def claimed(
    body: bytes = b'{"a":1}', headers: str = "[]", event: Event | None = None, attempts: int = 1
) -> Claimed:
    """A delivery under a lease, of `event` or of an event of Stripe's."""
    happened = event or candidate(data=body.decode("latin-1")).event
    delivery = Delivery("d1", happened.event_id, "app", "pending", NOW, attempts, 0, NOW)
    return Claimed(delivery, happened, headers, body)


@dataclass
class Socket:
    """What came in, whole requests as bytes; `answer` is sent for each, then the connection goes on."""

    url: str = ""
    got: list[bytes] = field(default_factory=list)
    connections: int = 0
    open_now: int = 0
    answer: bytes = OK
    closes: bool = False
    writes: Answering | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: requests and answers until either side ends it."""
        self.connections += 1
        self.open_now += 1
        try:
            while await self._once(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open_now -= 1
            writer.close()

    async def _once(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        self.got.append(head + await reader.readexactly(length))
        writer.write(self.answer)
        await writer.drain()
        if self.writes is not None:
            await self.writes(writer)
        return not self.closes


@pytest.fixture
async def subscriber(anyio_backend: str) -> AsyncIterator[Socket]:
    """A listening socket on 127.0.0.1."""
    app = Socket()
    server = await asyncio.start_server(app.serve, "127.0.0.1", 0)
    app.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks?a=b"
    yield app
    server.close()


Make = Callable[..., HttpDestination]


@pytest.fixture
async def make(anyio_backend: str) -> AsyncIterator[Make]:
    """Makes a destination: `make(url, format="raw", timeout="300ms")`."""
    made: list[HttpDestination] = []

    def one(url: str, format: str = "event", **more: object) -> HttpDestination:
        destination = {"type": "http", "url": url, "timeout": "5s"} | more
        values = {"events": ["**"], "destination": destination, "format": format}
        made.append(HttpDestination(Subscription.model_validate(values)))
        return made[-1]

    yield one
    for destination in made:
        await destination.close()


@pytest.fixture(scope="session")
def moto() -> Iterator[Moto]:
    """A server that speaks as AWS does."""
    server = Moto()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL."""
    server = Server()
    yield server
    server.remove()


Open = Callable[..., Destination]


@pytest.fixture
async def opened(anyio_backend: str) -> AsyncIterator[Open]:
    """Opens a destination by its keys and the subscription's: `opened({"type": …}, format="raw")`."""
    made: list[Destination] = []

    def one(values: Mapping[str, object], **more: object) -> Destination:
        wanted = {"events": ["**"], "destination": dict(values), **more}
        made.append(open_destination(Subscription.model_validate(wanted)))
        return made[-1]

    yield one
    for destination in made:
        await destination.close()
