"""The other side of each kind of destination: where it is, what has come there, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import psycopg
import pytest

from tests.destinations.event_api import KEY, EventApi
from tests.destinations.moto import REGION, Moto, attributes
from tests.destinations.pubsub import TOPIC, PubSub, service_account
from tests.destinations.serving import serving
from tests.destinations.test_postgres import TABLE
from tests.postgres import Server

Keys = dict[str, object]


@dataclass(frozen=True)
class Side:
    """One other side, ready to take messages.

    `keys` are those of a destination that reaches it; `refused` the same with something that it refuses;
    `at` gives them for a server on another port of 127.0.0.1 than `port`. `received` tells the ids (what a
    receiver would recognise a repetition by) of what has come, one for each thing that is there.
    """

    port: int
    keys: Keys
    refused: Keys
    at: Callable[[int], Keys]
    received: Callable[[], Sequence[str]]


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


def _at(keys: Callable[[str], Keys]) -> Callable[[int], Keys]:
    return lambda port: keys(f"http://127.0.0.1:{port}")


Open = Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[Side]]
_numbers = iter(range(1000))


@asynccontextmanager
async def sqs(request: pytest.FixtureRequest) -> AsyncIterator[Side]:
    moto: Moto = request.getfixturevalue("moto")
    queue = moto.queue(f"contract-{next(_numbers)}")

    def keys(endpoint: str = moto.url, queue: str = queue) -> Keys:
        return moto.section(type="sqs", queue_url=queue, endpoint_url=endpoint)

    def received() -> Sequence[str]:
        return [attributes(one)["webhook-id"] for one in moto.received(queue)]

    yield Side(_port(moto.url), keys(), keys(queue=f"{queue}-2"), _at(keys), received)


@asynccontextmanager
async def sns(request: pytest.FixtureRequest) -> AsyncIterator[Side]:
    moto: Moto = request.getfixturevalue("moto")
    name = f"contract-{next(_numbers)}"
    queue = moto.queue(name)
    topic = moto.topic(name, queue)

    def keys(endpoint: str = moto.url, topic: str = topic) -> Keys:
        return moto.section(type="sns", topic_arn=topic, endpoint_url=endpoint)

    def received() -> Sequence[str]:
        return [attributes(one)["webhook-id"] for one in moto.received(queue)]

    nowhere = f"arn:aws:sns:{REGION}:123456789012:nowhere"
    yield Side(_port(moto.url), keys(), keys(topic=nowhere), _at(keys), received)


@asynccontextmanager
async def eventbridge(request: pytest.FixtureRequest) -> AsyncIterator[Side]:
    moto: Moto = request.getfixturevalue("moto")
    name = f"contract-{next(_numbers)}"
    queue = moto.queue(name)
    moto.bus(name, queue)

    def keys(endpoint: str = moto.url, bus: str = name) -> Keys:
        return moto.section(type="eventbridge", bus=bus, endpoint_url=endpoint)

    def received() -> Sequence[str]:
        bodies = [json.loads(one["Body"]) for one in moto.received(queue)]
        return [body["detail"]["headers"]["webhook-id"] for body in bodies]

    yield Side(_port(moto.url), keys(), keys(bus="nowhere"), _at(keys), received)


@asynccontextmanager
async def gcp_pubsub(_: pytest.FixtureRequest) -> AsyncIterator[Side]:
    server = PubSub()
    async with serving(server.app) as url:

        def keys(endpoint: str = url, topic: str = TOPIC) -> Keys:
            told = {"type": "gcp_pubsub", "topic": topic, "endpoint_url": endpoint}
            return {**told, "credentials": service_account(), "timeout": "10s"}

        def received() -> Sequence[str]:
            return [one["attributes"]["webhook-id"] for one in server.published]

        yield Side(_port(url), keys(), keys(topic=f"{TOPIC}-2"), _at(keys), received)


@asynccontextmanager
async def inngest(_: pytest.FixtureRequest) -> AsyncIterator[Side]:
    api = EventApi()
    async with serving(api.app) as url:

        def keys(base: str = url, key: str = KEY) -> Keys:
            return {"type": "inngest", "base_url": base, "event_key": key, "timeout": "10s"}

        def received() -> Sequence[str]:
            return [event["id"] for event in api.events]

        yield Side(_port(url), keys(), keys(key="another"), _at(keys), received)


@asynccontextmanager
async def postgres(request: pytest.FixtureRequest) -> AsyncIterator[Side]:
    server: Server = request.getfixturevalue("postgres")
    table = f"contract_{next(_numbers)}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(TABLE.replace("events", table))

        def keys(url: str = server.tcp_url(), table: str = table) -> Keys:
            return {"type": "postgres", "url": url, "table": table, "timeout": "10s"}

        def received() -> Sequence[str]:
            return [row[0] for row in connection.execute(f"select event_id from {table}").fetchall()]

        def at(port: int) -> Keys:
            return keys(server.tcp_url().replace(str(server.port), str(port)))

        yield Side(server.port, keys(), keys(table="nowhere"), at, received)


SIDES: Mapping[str, Open] = {
    "sqs": sqs,
    "sns": sns,
    "eventbridge": eventbridge,
    "gcp_pubsub": gcp_pubsub,
    "inngest": inngest,
    "postgres": postgres,
}
"""One for each kind that a test can start the other side of."""
