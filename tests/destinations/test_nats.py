"""Deliveries to JetStream of a real NATS server, killed and frozen under use."""
# ruff: noqa: E501 - a message is easier to judge in one line

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg, StreamConfig
from pydantic import ValidationError

from gateway.destinations import Destination
from gateway.event import Event
from tests.contract.conftest import NOW, candidate
from tests.destinations.conftest import claimed
from tests.destinations.servers import Server, free_port, script, values
from tests.destinations.tls import certificate
from tests.destinations.writing import destination, sized

AT = NOW / 1000
CONFIG = """
listen: "127.0.0.1:{port}"
jetstream: {store_dir: "{folder}/js", sync_interval: always}
"""
LOGIN = """
accounts: {A: {jetstream: enabled, users: [{user: gateway, password: "right one"}]}}
"""
TLS = """
tls: {cert_file: "{pem}", key_file: "{pem}"}
"""
pytestmark = pytest.mark.anyio


@pytest.fixture
def run() -> Iterator[Callable[..., Server]]:
    """Starts a server: `run(more_config)`."""
    made: list[Server] = []

    def one(more: str = "") -> Server:
        made.append(
            Server(script("nats-server"), "-c", "{folder}/nats.conf", files={"nats.conf": CONFIG + more})
        )
        return made[-1]

    yield one
    for server in made:
        server.close()


@pytest.fixture
def server(run: Callable[..., Server]) -> Server:
    return run()


@asynccontextmanager
async def client(server: Server, **options: Any) -> AsyncIterator[JetStreamContext]:
    connected = await nats.connect(f"nats://127.0.0.1:{server.port}", **options)
    yield connected.jetstream()
    await connected.close()


@pytest.fixture
async def stream(server: Server, anyio_backend: str) -> AsyncIterator[JetStreamContext]:
    """A stream HOOKS of every subject under `hooks`."""
    async with client(server) as context:
        await context.add_stream(StreamConfig(name="HOOKS", subjects=["hooks.>"], max_msg_size=200_000))
        yield context


def to(server: Server, format: str = "event", **more: Any) -> Destination:
    keys = {"servers": [f"nats://127.0.0.1:{server.port}"], "subject": "hooks.{name}"}
    return destination(values("nats", **keys | more), format)


async def messages(stream: JetStreamContext) -> list[RawStreamMsg]:
    """Everything in the stream."""
    state = (await stream.stream_info("HOOKS")).state
    return [await stream.get_msg("HOOKS", seq) for seq in range(1, state.last_seq + 1)]


@pytest.mark.parametrize("format", ["event", "raw", "cloudevents"])
async def test_a_message_has_body_headers_and_its_place(
    server: Server, stream: JetStreamContext, format: str
) -> None:
    opened, sent = to(server, format), claimed(headers='[["x-own","my"]]')
    answer = await opened.deliver(sent, AT)
    await opened.close()
    assert answer.error is None
    assert json.loads(answer.response) == {"stream": "HOOKS", "seq": 1, "duplicate": False}
    [message] = await messages(stream)
    assert message.subject == "hooks.stripe.customer.created" and message.headers is not None
    assert message.headers["webhook-id"] == message.headers["Nats-Msg-Id"] == sent.event.event_id
    assert message.headers["gateway-event"] == "stripe/customer.created"
    data = json.loads(message.data or b"")
    assert data == {"a": 1} if format == "raw" else data["data"] == {"a": 1}
    assert (message.headers.get("x-own") == "my") is (format == "raw")


async def test_a_repetition_is_kept_once(server: Server, stream: JetStreamContext) -> None:
    opened, sent = to(server), claimed()
    answers = [json.loads((await opened.deliver(sent, AT)).response) for _ in range(2)]
    await opened.close()
    assert [answer["duplicate"] for answer in answers] == [False, True]
    assert len(await messages(stream)) == 1


async def test_a_provider_cannot_tell_the_server_what_to_do(server: Server, stream: JetStreamContext) -> None:
    opened = to(server, "raw")
    await opened.deliver(claimed(), AT)
    evil = claimed(event=candidate("evt_2").event, headers='[["Nats-Rollup","all"],["nats-msg-id","x"]]')
    assert (await opened.deliver(evil, AT)).error is None
    await opened.close()
    assert len(await messages(stream)) == 2


async def test_many_share_one_connection_and_none_is_left(server: Server, stream: JetStreamContext) -> None:
    before = server.connections()
    opened = to(server)
    answers = await asyncio.gather(*(opened.deliver(sized(f"e{n}", 9), AT) for n in range(100)))
    assert [answer.error for answer in answers] == [None] * 100
    assert server.connections() == before + 1
    await opened.close()
    await asyncio.sleep(0.05)
    assert server.connections() == before
    assert len(await messages(stream)) == 100


async def test_whatever_was_acknowledged_survives_kills(server: Server, stream: JetStreamContext) -> None:
    opened, good = to(server, timeout="1s"), set()

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
    async with client(server) as context:
        there = {json.loads(message.data or b"")["id"] for message in await messages(context)}
    assert good <= there and 0 < len(good) < 240


async def test_a_lost_connection_is_an_answer_at_once(server: Server, stream: JetStreamContext) -> None:
    opened = to(server)
    await opened.deliver(claimed(), AT)
    server.freeze()
    delivering = asyncio.create_task(opened.deliver(claimed(), AT))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await asyncio.to_thread(server.kill)
    error = (await delivering).error
    assert error and error.endswith("connection lost before the acknowledgement")
    assert time.monotonic() - began < 2
    await opened.close()


async def test_a_server_that_stands_still_holds_up_nobody(server: Server, stream: JetStreamContext) -> None:
    opened = to(server, "raw", timeout="300ms")
    await opened.deliver(claimed(), AT)
    server.freeze()
    big = claimed(body=b'"' + b"x" * 199_000 + b'"')
    answers = await asyncio.gather(*(opened.deliver(big, AT) for _ in range(40)))
    assert {answer.error for answer in answers} == {f"{opened.name}: no acknowledgement within 0.3 s"}  # type: ignore[attr-defined]
    again = (await opened.deliver(claimed(), AT)).error
    assert again and again.endswith("no connection within 0.3 s")
    began = time.monotonic()
    await opened.close()
    assert time.monotonic() - began < 2.5


# fmt: off
# keys -> what is said
IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    # a subject that no stream has
    ({"subject": "other.{name}"}, "no stream takes the subject other.stripe.customer.created; add one, or correct subject"),
    # another stream than the one that has it
    ({"stream": "OTHERS"}, "JetStream refused it: expected stream does not match (10060); does the stream that has this subject have the name in stream?"),
    # nobody there
    ({"servers": [f"nats://127.0.0.1:{free_port()}"]}, "refuses connections; is it running, and is the address right?"),
    # TLS where there is none
    ({"tls": True}, "does not ask for TLS, and the config does; set tls in both, or in neither"),
]
# fmt: on


@pytest.mark.parametrize(("keys", "says"), IMPOSSIBLE)
async def test_what_cannot_be_is_said(
    server: Server, stream: JetStreamContext, keys: dict[str, Any], says: str
) -> None:
    opened = to(server, **keys)
    error = (await opened.deliver(claimed(), AT)).error
    await opened.close()
    assert error and error.startswith("the NATS server nats://127.0.0.1:") and error.endswith(f": {says}")


async def test_a_message_that_is_too_large_is_refused_and_the_next_is_not(
    server: Server, stream: JetStreamContext
) -> None:
    opened = to(server)
    for size, says in ((300_000, "message size exceeds maximum allowed"), (2_000_000, "raise max_payload")):
        error = (await opened.deliver(sized(f"e{size}", size), AT)).error
        assert error and says in error
    assert (await opened.deliver(claimed(), AT)).error is None
    await opened.close()


async def test_a_name_that_is_no_subject_is_refused(server: Server, stream: JetStreamContext) -> None:
    opened = to(server)
    for name in ("stripe/a..b", "stripe/*", "stripe/a.>"):
        event: Event = candidate(name=name).event
        error = (await opened.deliver(claimed(event=event), AT)).error
        assert error and "is no subject" in error
    await opened.close()


@pytest.mark.parametrize(("password", "is_right"), [("right one", True), ("wrong one", False)])
async def test_user_and_password(run: Callable[..., Server], password: str, is_right: bool) -> None:
    server = run(LOGIN)
    async with client(server, user="gateway", password="right one") as context:
        await context.add_stream(StreamConfig(name="HOOKS", subjects=["hooks.>"]))
    opened = to(server, user="gateway", password=password)
    error = (await opened.deliver(claimed(), AT)).error
    await opened.close()
    login = f"{opened.name}: refused the login; are user and password, or token, right?"  # type: ignore[attr-defined]
    assert error == (None if is_right else login)


@pytest.mark.parametrize(
    ("keys", "says"), [({"tls": True}, None), ({"ca": None}, "set ca to the file of its authority")]
)
async def test_tls(
    run: Callable[..., Server], tmp_path: Path, keys: dict[str, Any], says: str | None
) -> None:
    ca = certificate(tmp_path)
    server = run(TLS.replace("{pem}", str(tmp_path / "server.pem")))
    async with client(server, tls=ssl.create_default_context(cafile=ca)) as context:
        await context.add_stream(StreamConfig(name="HOOKS", subjects=["hooks.>"]))
    opened = to(server, **{"tls": True, "ca": str(ca)} | keys)
    error = (await opened.deliver(claimed(), AT)).error
    await opened.close()
    assert says in error if says and error else error is None


# keys -> a part of what is wrong
BAD: list[tuple[dict[str, Any], str]] = [
    ({"servers": []}, "must name at least one server"),
    (
        {"servers": ["http://x:1"]},
        "must be the URL of a server, such as nats://127.0.0.1:4222, not 'http://x:1'",
    ),
    ({"servers": ["nats://u:secret@x"]}, "must not hold a user or password"),
    ({"subject": "a b"}, "must be words divided by dots"),
    ({"subject": "hooks.>"}, "must be words divided by dots"),
    ({"stream": "a.b"}, "must be the name of a stream"),
    ({"user": "a", "token": "b"}, "has a user and a token"),
    ({"password": "b"}, "has a password without user"),
    ({"ca": "/ca.pem"}, "has ca, but no TLS; write tls: true, or leave ca out"),
    ({"tls": True, "ca": "ca.pem"}, "must be the absolute path of a PEM file"),
    ({"tls": True, "key": "/key.pem"}, "has a key without its certificate"),
    ({"queue": "x"}, "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("keys", "says"), BAD)
def test_a_bad_section_is_refused(keys: dict[str, Any], says: str) -> None:
    good = {"servers": ["nats://127.0.0.1:4222"], "subject": "hooks.{name}"}
    with pytest.raises(ValidationError) as raised:
        destination(values("nats", **good | keys))
    assert says in str(raised.value) and "secret" not in str(raised.value)
