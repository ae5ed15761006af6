# ruff: noqa: E501 - a message is easier to judge in one line
"""Deliveries to Kafka: a stand-in that checks what an idempotent producer must do, killed and frozen under use."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.destinations import Destination
from tests.contract.conftest import NOW, candidate
from tests.destinations.conftest import claimed
from tests.destinations.servers import Server, free_port, values
from tests.destinations.tls import certificate, terminated
from tests.destinations.writing import destination, sized

AT = NOW / 1000
pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(sys.executable, Path(__file__).with_name("kafka.py"), "{port}", "{folder}")
    yield made
    made.close()


def to(server: Server, format: str = "event", **more: Any) -> Destination:
    return destination(
        values("kafka", **{"servers": [f"127.0.0.1:{server.port}"], "topic": "hooks"} | more), format
    )


def batches(server: Server) -> list[dict[str, Any]]:
    """What the broker has taken, batch by batch."""
    return [json.loads(line) for line in (server.folder / "log.jsonl").read_text().splitlines()]


def bodies(server: Server) -> list[Any]:
    return [
        json.loads(base64.b64decode(body)) for batch in batches(server) for _, body, _ in batch["records"]
    ]


@pytest.mark.parametrize("format", ["event", "raw", "cloudevents"])
async def test_a_message_has_body_headers_and_its_place(server: Server, format: str) -> None:
    opened, sent = to(server, format), claimed(headers='[["x-own","my"]]')
    answer = await opened.deliver(sent, AT)
    await opened.close()
    assert answer.error is None
    [batch] = batches(server)
    assert json.loads(answer.response) == {"topic": "hooks", "partition": batch["partition"], "offset": 0}
    [(key, _, headers)] = batch["records"]
    assert key is None and headers["webhook-id"] == sent.event.event_id
    assert headers["gateway-event"] == "stripe/customer.created"
    [data] = bodies(server)
    assert data == {"a": 1} if format == "raw" else data["data"] == {"a": 1}
    assert (headers.get("x-own") == "my") is (format == "raw")


# an expression -> the key
KEYS = [
    ("event.data.a", "1"),
    ("event.source", "stripe"),
    ("event.data.list", '["x",2]'),
    ("has(event.data.customer) ? event.data.customer : null", None),
    ("event.source + ':' + string(event.data.a)", "stripe:1"),
]


@pytest.mark.parametrize(("expression", "key"), KEYS)
async def test_the_key_is_what_an_expression_gives(server: Server, expression: str, key: str | None) -> None:
    opened = to(server, message_key=expression)
    sent = claimed(body=b'{"a":1,"list":["x",2]}')
    assert (await opened.deliver(sent, AT)).error is None
    await opened.close()
    assert batches(server)[0]["records"][0][0] == key


async def test_one_key_is_one_partition(server: Server) -> None:
    opened = to(server, message_key="event.data.text")
    answers = await asyncio.gather(*(opened.deliver(sized(f"e{n}", 9), AT) for n in range(50)))
    await opened.close()
    assert len({json.loads(answer.response)["partition"] for answer in answers}) == 1
    assert [body["id"] for body in bodies(server)] == [f"e{n}" for n in range(50)]


async def test_an_event_without_its_key_is_refused_and_the_next_is_not(server: Server) -> None:
    opened = to(server, message_key="event.data.customer")
    error = (await opened.deliver(claimed(), AT)).error
    assert error and "message_key gives no key for this event" in error and "customer" in error
    assert (await opened.deliver(claimed(body=b'{"customer":"cus_1"}'), AT)).error is None
    await opened.close()


async def test_many_share_one_connection_and_none_is_left(server: Server) -> None:
    opened = to(server)
    answers = await asyncio.gather(*(opened.deliver(sized(f"e{n}", 9), AT) for n in range(100)))
    assert [answer.error for answer in answers] == [None] * 100
    assert server.connections() == 1
    await opened.close()
    await asyncio.sleep(0.05)
    assert server.connections() == 0
    assert len(bodies(server)) == 100


async def test_a_broker_that_dies_before_it_answers_has_the_message_once(server: Server) -> None:
    opened = to(server, topic="dies", timeout="10s")
    delivering = asyncio.create_task(opened.deliver(claimed(), AT))
    while not batches(server):
        await asyncio.sleep(0.01)
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    assert (await delivering).error is None
    await opened.close()
    assert len(bodies(server)) == 1


async def test_a_new_leader_is_found(server: Server) -> None:
    opened = to(server, topic="moves")
    assert (await opened.deliver(claimed(), AT)).error is None
    await opened.close()


async def test_whatever_was_acknowledged_survives_kills(server: Server) -> None:
    opened, good = to(server, timeout="2s"), set()

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
    assert good <= {body["id"] for body in bodies(server)} and len(good) > 100


async def test_a_server_that_stands_still_holds_up_nobody(server: Server) -> None:
    opened = to(server, timeout="500ms")
    await opened.deliver(claimed(), AT)
    server.freeze()
    answers = await asyncio.gather(*(opened.deliver(sized("e", 900_000), AT) for _ in range(16)))
    assert {answer.error for answer in answers} == {f"{opened.name}: no acknowledgement within 0.4 s"}  # type: ignore[attr-defined]
    assert (await opened.deliver(claimed(), AT)).error
    began = time.monotonic()
    await opened.close()
    assert time.monotonic() - began < 2.5


# fmt: off
# keys -> what is said
IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    # nobody there
    ({"servers": [f"127.0.0.1:{free_port()}"]}, "refuses connections; is it running, and is the address right?"),
    # a topic that is not there
    ({"topic": "others"}, "has no topic others; create it, or correct topic"),
    # too few replicas
    ({"topic": "thin"}, "no acknowledgement within 0.8 s: fewer replicas of thin are in sync than its min.insync.replicas asks for"),
    # a topic with a lower bound than the config's
    ({"topic": "small"}, "small takes no message of this size; raise its max.message.bytes"),
    # one that may not be written to
    ({"topic": "closed"}, "may not write to closed; allow the user to WRITE and DESCRIBE it, and IDEMPOTENT_WRITE"),
    # a wrong password
    ({"user": "me", "password": "wrong"}, "refused the login; are user, password and mechanism right?"),
]
# fmt: on


@pytest.mark.parametrize(("keys", "says"), IMPOSSIBLE)
async def test_what_cannot_be_is_said(server: Server, keys: dict[str, Any], says: str) -> None:
    opened = to(server, timeout="1s", **keys)
    error = (await opened.deliver(claimed(), AT)).error
    await opened.close()
    assert error == f"{opened.name}: {says}"  # type: ignore[attr-defined]


async def test_a_message_over_the_bound_takes_nothing_else_along(server: Server) -> None:
    opened = to(server, largest=10_000)
    sizes = [100, 20_000, 100]
    answers = await asyncio.gather(*(opened.deliver(sized("e", size), AT) for size in sizes))
    await opened.close()
    assert [answer.error is None for answer in answers] == [True, False, True]
    assert answers[1].error and "over 10000 bytes; raise largest" in answers[1].error


async def test_a_login(server: Server) -> None:
    opened = to(server, user="me", password="right")
    assert (await opened.deliver(claimed(event=candidate().event), AT)).error is None
    await opened.close()


@pytest.mark.parametrize(("named", "says"), [(True, None), (False, "set ca to the file of its authority")])
async def test_tls(tmp_path: Path, named: bool, says: str | None) -> None:
    ca, port = certificate(tmp_path), free_port()
    program = (sys.executable, Path(__file__).with_name("kafka.py"), "{port}", "{folder}", str(port))
    with contextlib.closing(Server(*program)) as server:
        async with terminated(server.port, tmp_path, port):
            login = {"user": "me", "password": "right", "tls": True} | ({"ca": str(ca)} if named else {})
            opened = to(server, servers=[f"127.0.0.1:{port}"], **login)
            error = (await opened.deliver(claimed(), AT)).error
            await opened.close()
    assert says in error if says and error else error is None


# keys -> a part of what is wrong
BAD: list[tuple[dict[str, Any], str]] = [
    ({"servers": []}, "must name at least one server"),
    ({"servers": ["kafka"]}, "must be a host and a port, such as 127.0.0.1:9092, not 'kafka'"),
    ({"servers": ["me:secret@kafka:1"]}, "must be a host and a port; write user and password beside it"),
    ({"topic": "a b"}, "must be 1 to 249 letters"),
    ({"message_key": "event.dat"}, "event has no field 'dat'; did you mean 'data'?"),
    ({"message_key": "event.id +"}, "is no CEL expression"),
    ({"user": "me"}, "has a user or a password"),
    ({"mechanism": "gssapi"}, "Input should be 'plain', 'scram-sha-256' or 'scram-sha-512'"),
    ({"ca": "/ca.pem"}, "has ca, but no TLS; write tls: true"),
    ({"acks": "0"}, "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("keys", "says"), BAD)
def test_a_bad_section_is_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as raised:
        destination(values("kafka", **{"servers": ["127.0.0.1:9092"], "topic": "hooks"} | keys))
    assert says in str(raised.value) and "secret" not in str(raised.value)
