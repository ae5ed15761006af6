"""One delivery by HTTP, against a subscriber that may answer anything, or nothing."""

from __future__ import annotations

import asyncio
import base64
import time

import orjson
import pytest

from gateway.destinations import connections
from gateway.destinations.http import KEPT_RESPONSE, READ_RESPONSE
from tests.contract.conftest import NOW
from tests.destinations.conftest import OK, Make, Socket, claimed

pytestmark = pytest.mark.anyio

AT = NOW / 1000
ENDS = "content-length: 0\r\n\r\n"

# the answer, whether the connection then closes -> the status, what the error says
ANSWERS = [
    (b"HTTP/1.1 204 No Content\r\n\r\n", False, 204, None),  # nothing to read
    (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, False, 200, None),  # a word in between
    (b"HTTP/1.0 200 OK\r\n\r\nok", True, 200, None),  # the end of the connection ends the answer
    (f"HTTP/1.1 302 Found\r\nlocation: /x\r\n{ENDS}".encode(), False, 302, "redirects are not followed"),
    (
        f"HTTP/1.1 301 Moved\r\nlocation: http://[\r\n{ENDS}".encode(),
        False,
        301,
        "redirects",
    ),  # no URL at all
    (f"HTTP/1.1 500 Oops\r\n{ENDS}".encode(), False, 500, "answered 500"),
    (b"", True, None, "disconnected"),  # closes without a word
    (b"HTTP/1.1 200 O", True, None, "RemoteProtocolError"),  # closes in the middle of the head
    (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nok", True, None, "RemoteProtocolError"),  # of the body
    (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", True, None, "RemoteProtocolError"),  # no HTTP
    (b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", True, None, "RemoteProtocolError"),  # no length
    (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000, True, None, "RemoteProtocolError"),  # a head without end
]


@pytest.mark.parametrize(("answer", "closes", "status", "says"), ANSWERS)
async def test_answers(
    make: Make, subscriber: Socket, answer: bytes, closes: bool, status: int | None, says: str | None
) -> None:
    subscriber.answer, subscriber.closes = answer, closes
    got = await make(subscriber.url).deliver(claimed(), AT)
    assert got.status == status
    assert (says is None and got.error is None) or (says or "") in (got.error or "")
    assert len(subscriber.got) == 1
    subscriber.answer = OK
    assert (await make(subscriber.url).deliver(claimed(), AT)).status == 200


async def test_what_a_subscriber_gets(make: Make, subscriber: Socket) -> None:
    delivery = claimed(attempts=3)
    await make(subscriber.url).deliver(delivery, AT)
    head, _, body = subscriber.got[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /hooks?a=b HTTP/1.1"
    assert {b"content-type: application/json", b"gateway-attempt: 3", b"gateway-hops: 1"} <= set(lines)
    assert f"webhook-id: {delivery.event.event_id}".encode() in lines
    assert orjson.loads(body)["data"] == {"a": 1}


async def test_retry_after_is_handed_on(make: Make, subscriber: Socket) -> None:
    subscriber.answer = b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\ncontent-length: 0\r\n\r\n"
    assert (await make(subscriber.url).deliver(claimed(), AT)).retry_after == "7"


# how far the answer comes before it stands still
SLOW = [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"]


@pytest.mark.parametrize("answer", SLOW)
async def test_a_timeout_holds_wherever_the_answer_stands_still(
    make: Make, subscriber: Socket, answer: bytes
) -> None:
    subscriber.answer = answer
    destination = make(subscriber.url, timeout="200ms")
    began = time.monotonic()
    got = await destination.deliver(claimed(), AT)
    assert (got.status, got.error) == (None, "no answer within 0.2 s")
    assert 190 <= got.latency < 1000 and time.monotonic() - began < 1
    subscriber.answer = OK
    assert (await destination.deliver(claimed(), AT)).status == 200


async def test_a_timeout_holds_for_an_answer_that_drips(make: Make, subscriber: Socket) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        for _ in range(100):
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)

    subscriber.answer, subscriber.writes = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n", drip
    got = await make(subscriber.url, timeout="200ms").deliver(claimed(), AT)
    assert got.error == "no answer within 0.2 s"
    assert got.latency < 1000


async def test_a_long_answer_is_kept_in_part_and_costs_the_connection(make: Make, subscriber: Socket) -> None:
    size = READ_RESPONSE * 40
    subscriber.answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + b"x" * size
    destination = make(subscriber.url)
    got = await destination.deliver(claimed(), AT)
    assert (got.status, got.response) == (200, "x" * KEPT_RESPONSE)
    subscriber.answer = OK
    assert (await destination.deliver(claimed(), AT)).response == "ok"
    assert subscriber.connections == 2


async def test_an_endless_answer_ends_after_what_is_read_of_it(make: Make, subscriber: Socket) -> None:
    sent = 0

    async def go_on(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while True:
            writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            await writer.drain()
            sent += 0x4000

    subscriber.answer, subscriber.writes = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", go_on
    got = await make(subscriber.url).deliver(claimed(), AT)
    assert (got.status, len(got.response)) == (200, KEPT_RESPONSE)
    assert sent < 100 * READ_RESPONSE


async def test_an_answer_that_is_no_text_is_kept_as_far_as_it_can_be(make: Make, subscriber: Socket) -> None:
    subscriber.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\na\x00\xffb"
    got = await make(subscriber.url).deliver(claimed(), AT)
    assert got.response == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b"


async def test_connections_are_used_again(make: Make, subscriber: Socket) -> None:
    destination = make(subscriber.url)
    for _ in range(3):
        await destination.deliver(claimed(), AT)
    assert (len(subscriber.got), subscriber.connections) == (3, 1)
    answers = await asyncio.gather(*(destination.deliver(claimed(), AT) for _ in range(4)))
    assert [answer.status for answer in answers] == [200] * 4
    assert subscriber.connections == 4


async def test_a_connection_that_the_subscriber_closed_is_not_used_again(
    make: Make, subscriber: Socket
) -> None:
    subscriber.closes = True
    destination = make(subscriber.url)
    for _ in range(3):
        assert (await destination.deliver(claimed(), AT)).status == 200
        await asyncio.sleep(0.02)
    assert subscriber.connections == 3


async def test_an_unused_connection_is_closed(
    make: Make, subscriber: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = make(subscriber.url)
    await destination.deliver(claimed(), AT)
    await destination.close_unused()
    await destination.deliver(claimed(), AT)
    assert subscriber.connections == 1
    moment = time.monotonic() + connections.KEPT_OPEN
    monkeypatch.setattr(connections, "now", lambda: moment)
    await destination.close_unused()
    await destination.deliver(claimed(), AT)
    assert subscriber.connections == 2


async def test_cookies_are_not_sent_back(make: Make, subscriber: Socket) -> None:
    subscriber.answer = b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n"
    destination = make(subscriber.url)
    for _ in range(2):
        await destination.deliver(claimed(), AT)
    assert b"cookie" not in subscriber.got[1].lower()


async def test_tls_to_a_port_without_it(make: Make, subscriber: Socket) -> None:
    subscriber.answer = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    url = subscriber.url.replace("http:", "https:")
    got = await make(url, timeout="500ms").deliver(claimed(), AT)
    assert got.status is None and got.error
    assert subscriber.got == []


# a URL where nobody is -> what the error says
UNREACHABLE = [
    ("http://nobody.invalid/", ""),  # a name that never resolves; a resolver may take longer than we wait
    ("http://127.0.0.1:1/", "ConnectError"),  # a port where nobody listens
    ("http://xn--a/", "InvalidCodepoint"),  # a name that is none
]


@pytest.mark.parametrize(("url", "says"), UNREACHABLE)
async def test_a_subscriber_that_is_not_there(make: Make, url: str, says: str) -> None:
    got = await make(url, timeout="2s").deliver(claimed(), AT)
    assert got.status is None and got.error
    assert says in got.error


async def test_headers_of_the_config_replace_whatever_their_case(make: Make, subscriber: Socket) -> None:
    destination = make(subscriber.url, headers={"User-Agent": "mine", "X-Api-Key": "k"})
    await destination.deliver(claimed(headers='[["x-api-key","theirs"]]'), AT)
    lines = subscriber.got[0].lower().split(b"\r\n")
    assert [line for line in lines if line.startswith((b"user-agent", b"x-api-key"))] == [
        b"user-agent: mine",
        b"x-api-key: k",
    ]


async def test_raw_passes_any_bytes_in_headers_and_body(make: Make, subscriber: Socket) -> None:
    headers = orjson.dumps([["x-name", b"J\xf6rg \xc3\xa9".decode("latin-1")], ["x-empty", ""]]).decode()
    body = b"\xff\x00\r\n\r\n not json \xc3\x28"
    await make(subscriber.url, "raw").deliver(claimed(body, headers), AT)
    head, _, came = subscriber.got[0].partition(b"\r\n\r\n")
    assert came == body
    assert b"\r\nx-name: J\xf6rg \xc3\xa9\r\n" in head
    assert b"\r\nx-empty: " in head


async def test_raw_passes_an_empty_body(make: Make, subscriber: Socket) -> None:
    got = await make(subscriber.url, "raw").deliver(claimed(b""), AT)
    assert got.status == 200
    assert b"content-length: 0\r\n" in subscriber.got[0].lower()


async def test_the_providers_signature_headers_stand_before_ours_in_raw(
    make: Make, subscriber: Socket
) -> None:
    secret = "whsec_" + base64.b64encode(bytes(32)).decode()
    headers = '[["webhook-id","msg_1"],["webhook-signature","v1,theirs"]]'
    await make(subscriber.url, "raw", secrets=[secret]).deliver(claimed(headers=headers), AT)
    lines = [line for line in subscriber.got[0].split(b"\r\n") if line.startswith(b"webhook-")]
    assert lines[0] == b"webhook-id: msg_1"
    assert lines[2:] == [b"webhook-signature: v1,theirs"]
