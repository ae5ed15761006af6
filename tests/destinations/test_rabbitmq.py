# ruff: noqa: E501 - a message is easier to judge in one line
"""Deliveries to RabbitMQ: a stand-in that is killed and frozen under use, and the real one where there is one.

GATEWAY_TEST_RABBITMQ=amqp://guest:guest@127.0.0.1:5672/ runs what needs no killing against that server too.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiormq
import pytest
from aiormq.abc import AbstractChannel, DeliveredMessage
from pydantic import ValidationError

from gateway.destinations import Destination
from tests.contract.conftest import NOW, candidate
from tests.destinations.conftest import claimed
from tests.destinations.servers import Server, free_port, values
from tests.destinations.tls import certificate, terminated
from tests.destinations.writing import destination, sized

AT = NOW / 1000
REAL = os.environ.get("GATEWAY_TEST_RABBITMQ")
pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[Server]:
    """The stand-in."""
    made = Server(sys.executable, Path(__file__).with_name("amqp.py"), "{port}", "{folder}")
    yield made
    made.close()


@pytest.fixture(params=["stand-in", *(["real"] if REAL else [])])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a broker without the exchanges and queues of the tests."""
    return REAL if REAL and request.param == "real" else at(request.getfixturevalue("server"))


def at(server: Server) -> str:
    return f"amqp://guest:right@127.0.0.1:{server.port}/"


@asynccontextmanager
async def channel(url: str) -> AsyncIterator[AbstractChannel]:
    connection = await aiormq.connect(url)
    yield await connection.channel()
    await connection.close()


async def prepare(url: str) -> None:
    """The exchange `hooks` with a queue for what is Stripe's, and what refuses."""
    async with channel(url) as opened:
        if url == REAL:
            for name in ("all", "full"):
                await opened.queue_delete(name)
            for name in ("hooks", "inner"):
                await opened.exchange_delete(name)
        full = {"x-max-length": 0, "x-overflow": "reject-publish"}
        await opened.exchange_declare("hooks", exchange_type="topic", durable=True)
        await opened.exchange_declare("inner", exchange_type="topic", internal=True)
        await opened.queue_declare("all", durable=True)
        await opened.queue_declare("full", durable=True, arguments=full)
        await opened.queue_bind("all", "hooks", "stripe.#")
        await opened.queue_bind("full", "hooks", "full.*")


def to(broker: str, format: str = "event", **more: Any) -> Destination:
    return destination(values("rabbitmq", **{"url": broker, "exchange": "hooks"} | more), format)


async def messages(url: str) -> list[DeliveredMessage]:
    """Everything in the queue `all`, taken out of it."""
    found = []
    async with channel(url) as opened:
        while (message := await opened.basic_get("all", no_ack=True)).delivery.name == "Basic.GetOk":
            found.append(message)
    return found


@pytest.mark.parametrize("format", ["event", "raw", "cloudevents"])
async def test_a_message_has_body_headers_and_properties(url: str, format: str) -> None:
    await prepare(url)
    opened, sent = to(url, format), claimed(headers='[["x-own","my"]]')
    answer = await opened.deliver(sent, AT)
    await opened.close()
    assert answer.error is None
    place = {"exchange": "hooks", "routing_key": "stripe.customer.created"}
    assert json.loads(answer.response) == place
    [message] = await messages(url)
    told = message.header.properties
    assert (
        told.headers is not None
        and {"exchange": message.exchange, "routing_key": message.routing_key} == place
    )
    assert told.message_id == told.headers["webhook-id"] == sent.event.event_id
    assert (told.delivery_mode, told.message_type) == (2, "stripe/customer.created")
    assert told.content_type == told.headers["content-type"]
    data = json.loads(message.body)
    assert data == {"a": 1} if format == "raw" else data["data"] == {"a": 1}
    assert (told.headers.get("x-own") == "my") is (format == "raw")


# fmt: off
# keys -> what is said
IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    # nobody there
    ({"url": f"amqp://127.0.0.1:{free_port()}"}, "refuses connections; is it running, and is the address right?"),
    # a wrong password
    ({"user": "guest", "password": "wrong", "url": "{bare}"}, "refused the login; are user and password right? guest may log in from its own machine only"),
    # another virtual host
    ({"url": "{url}other"}, "does not open the virtual host other; does it exist, and may the user use it?"),
    # an exchange that is not there
    ({"exchange": "others"}, "has no exchange others; declare it, or correct exchange"),
    # one that nobody may publish to
    ({"exchange": "inner"}, "may not publish to inner: ACCESS_REFUSED - cannot publish to internal exchange 'inner' in vhost '/'; allow the user to write to it"),
    # a key that no queue has asked for
    ({"routing_key": "other.{name}"}, "no queue takes the routing key other.stripe.customer.created; bind one, or correct routing_key"),
    # a queue that is full
    ({"routing_key": "full.x"}, "did not keep it; is a queue full, with overflow reject-publish?"),
    # no queue of this name
    ({"exchange": "", "routing_key": "nowhere"}, "no queue takes the routing key nowhere; bind one, or correct routing_key"),
]
# fmt: on


@pytest.mark.parametrize(("keys", "says"), IMPOSSIBLE)
async def test_what_cannot_be_is_said(url: str, keys: dict[str, Any], says: str) -> None:
    await prepare(url)
    bare = url.replace(url.partition("//")[2].partition("@")[0] + "@", "")
    filled = {key: value.replace("{url}", url).replace("{bare}", bare) for key, value in keys.items()}
    opened = to(url, **filled)
    answers = await asyncio.gather(*(opened.deliver(claimed(), AT) for _ in range(3)))
    await opened.close()
    assert {answer.error for answer in answers} == {f"{opened.name}: {says}"}  # type: ignore[attr-defined]
    assert "guest:" not in opened.name  # type: ignore[attr-defined]


async def test_what_is_refused_takes_nothing_else_along(url: str) -> None:
    await prepare(url)
    opened = to(url)
    names = ["stripe/a", "other/a", "stripe/b", "full/a"]
    sent = [claimed(event=candidate(name, name=name).event) for name in names]
    answers = await asyncio.gather(*(opened.deliver(each, AT) for each in sent))
    await opened.close()
    assert [answer.error is None for answer in answers] == [True, False, True, False]
    assert {message.header.properties.message_type for message in await messages(url)} == {
        "stripe/a",
        "stripe/b",
    }


async def test_of_two_of_one_id_each_gets_its_own_answer(url: str) -> None:
    await prepare(url)
    opened = to(url)
    event = candidate(name="other/a").event
    twin = candidate(name="stripe/a").event
    object.__setattr__(twin, "event_id", event.event_id)
    both = [claimed(event=event), claimed(event=twin)] * 5
    answers = await asyncio.gather(*(opened.deliver(each, AT) for each in both))
    await opened.close()
    assert [answer.error is None for answer in answers] == [False, True] * 5
    assert len(await messages(url)) == 5


async def test_many_share_one_connection_and_none_is_left(server: Server) -> None:
    await prepare(at(server))
    opened = to(at(server))
    answers = await asyncio.gather(*(opened.deliver(sized(f"e{n}", 200_000), AT) for n in range(50)))
    assert [answer.error for answer in answers] == [None] * 50
    assert server.connections() == 1
    await opened.close()
    await asyncio.sleep(0.05)
    assert server.connections() == 0
    assert len(await messages(at(server))) == 50


async def test_whatever_was_confirmed_survives_kills(server: Server) -> None:
    await prepare(at(server))
    opened, good = to(at(server), timeout="1s"), set()

    async def deliver(number: int) -> None:
        for one in range(number, 240, 8):
            if (await opened.deliver(sized(f"e{one}", 9), AT)).error is None:
                good.add(f"e{one}")
            await asyncio.sleep(0.005)

    delivering = asyncio.gather(*map(deliver, range(8)))
    for _ in range(2):
        await asyncio.sleep(0.06)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
    await delivering
    await opened.close()
    there = {json.loads(message.body)["id"] for message in await messages(at(server))}
    assert good <= there and 0 < len(good) < 240


async def test_a_lost_connection_is_an_answer_at_once(server: Server) -> None:
    await prepare(at(server))
    opened = to(at(server))
    await opened.deliver(claimed(), AT)
    server.freeze()
    delivering = asyncio.create_task(opened.deliver(claimed(), AT))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await asyncio.to_thread(server.kill)
    error = (await delivering).error
    assert error and time.monotonic() - began < 2
    await opened.close()


async def test_a_server_that_stands_still_holds_up_nobody(server: Server) -> None:
    await prepare(at(server))
    opened = to(at(server), timeout="300ms")
    await opened.deliver(claimed(), AT)
    server.freeze()
    answers = await asyncio.gather(*(opened.deliver(sized("e", 900_000), AT) for _ in range(16)))
    assert {answer.error for answer in answers} == {f"{opened.name}: no acknowledgement within 0.3 s"}  # type: ignore[attr-defined]
    again = (await opened.deliver(claimed(), AT)).error
    assert again and again.endswith("no connection within 0.3 s")
    began = time.monotonic()
    await opened.close()
    assert time.monotonic() - began < 2.5


@pytest.mark.parametrize(("named", "says"), [(True, None), (False, "set ca to the file of its authority")])
async def test_tls(server: Server, tmp_path: Path, named: bool, says: str | None) -> None:
    await prepare(at(server))
    ca = certificate(tmp_path)
    async with terminated(server.port, tmp_path) as port:
        keys = {"url": f"amqps://guest:right@127.0.0.1:{port}"} | ({"ca": str(ca)} if named else {})
        opened = to(at(server), **keys)
        error = (await opened.deliver(claimed(), AT)).error
        await opened.close()
    assert says in error if says and error else error is None


# keys -> a part of what is wrong
BAD: list[tuple[dict[str, Any], str]] = [
    ({"url": "http://x"}, "must be a URL such as amqp://127.0.0.1:5672/"),
    ({"url": "amqp://u:secret@x/a/b"}, "must end with the virtual host, a / in it written %2F"),
    ({"url": "amqps://x/?no_verify_ssl=1"}, "have no ? and no #"),
    ({"url": "amqp:///v"}, "must be a URL with a host"),
    (
        {"url": "amqp://u:secret@x", "user": "u", "password": "secret"},
        "has a password in its url and beside it",
    ),
    ({"user": "me"}, "has a user without password; write both"),
    ({"exchange": "x" * 256}, "must be at most 255 bytes"),
    ({"ca": "/ca.pem"}, "has ca, but no TLS; write a url that starts with amqps:"),
    ({"queue": "x"}, "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("keys", "says"), BAD)
def test_a_bad_section_is_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as raised:
        destination(values("rabbitmq", **{"url": "amqp://127.0.0.1", "exchange": "hooks"} | keys))
    assert says in str(raised.value) and "secret" not in str(raised.value)
