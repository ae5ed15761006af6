"""Webhooks on bare sockets: whole in one read or in pieces, alone or with others behind them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time

import pytest

from tests.service.conftest import SECRET, Gateway, Start, eventually, signed, stripe_event

ANSWER = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r]*\r\n((?:[^\r]+\r\n)*)\r\n")


def request(
    id: str = "evt_1", secret: str = SECRET, path: str = "/webhooks/stripe", head: str = "", data: bytes = b""
) -> bytes:
    """One signed webhook as it stands on the wire; `head` is more header lines."""
    body = data or json.dumps(stripe_event(id)).encode()
    lines = [f"POST {path} HTTP/1.1", "host: x", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in signed(body, secret).items()]
    return "\r\n".join(lines).encode() + f"\r\n{head}\r\n".encode() + body


def connect(gateway: Gateway) -> socket.socket:
    """A connection that sends what it is given at once."""
    opened = socket.create_connection(("127.0.0.1", gateway.port), timeout=5)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def answers(sender: socket.socket, count: int = 1) -> list[tuple[int, bytes, bytes]]:
    """The next `count` answers: status, headers, body."""
    text, found = b"", []
    while len(found) < count:
        head = ANSWER.match(text)
        length = int(head[2].partition(b"content-length: ")[2].partition(b"\r\n")[0]) if head else 0
        if head and len(text) >= head.end() + length:
            found.append((int(head[1]), head[2], text[head.end() : head.end() + length]))
            text = text[head.end() + length :]
            continue
        more = sender.recv(65_536)
        assert more, f"closed after {found} and {text!r}"
        text += more
    assert text == b""
    return found


def ask(gateway: Gateway, *pieces: bytes) -> tuple[int, bytes, bytes]:
    """One answer to what is sent piece by piece."""
    with connect(gateway) as sender:
        for piece in pieces:
            sender.sendall(piece)
            time.sleep(0.02 if len(pieces) > 1 else 0)
        return answers(sender)[0]


def whole() -> list[tuple[bytes, int, bytes]]:
    """What is sent in one piece -> the status and code of the answer. Signed when it is run."""
    return [
        (request(secret="whsec_other"), 401, b"bad_signature"),
        (request(data=b"[]"), 400, b"malformed_payload"),
        (request(path="/webhooks/nobody"), 404, b"unknown_source"),
        (request(data=b'{"a": "' + b"x" * 3000 + b'"}'), 413, b"body_too_large"),
        (b"GET /webhooks/stripe HTTP/1.1\r\nhost: x\r\n\r\n", 405, b"method_not_allowed"),
    ]


def test_a_webhook_in_one_piece_is_refused_like_any_other(start: Start) -> None:
    gateway = start(server=", max_body: 2000")
    for sent, status, code in whole():
        answered, headers, body = ask(gateway, sent)
        assert (answered, json.loads(body)["error"]["code"]) == (status, code.decode())
        assert b"content-type: application/json\r\n" in headers
        assert (b"connection: close" in headers) == (status == 413)


def test_wherever_it_is_cut_it_is_the_same_webhook(start: Start) -> None:
    gateway = start()
    whole = request()
    begins = whole.index(b"\r\n\r\n") + 4
    for cut in (1, 20, begins - 2, begins, begins + 1, len(whole) - 1):
        status, _, body = ask(gateway, whole[:cut], whole[cut:])
        assert (status, len(json.loads(body)["ids"])) == (200, 1)
    assert [row["same_body"] for row in gateway.rows("duplicates")] == [True] * 5


# request target -> how it comes in
TARGETS = [
    "/webhooks/stripe?a=b&c=%20",  # with a query
    "/webhooks/str%69pe",  # escaped
    "http://gateway.example/webhooks/stripe",  # absolute, as to a proxy
]


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_may_be_written_in_every_way(start: Start, target: str) -> None:
    gateway = start()
    assert ask(gateway, request(path=target))[0] == 200
    assert len(gateway.rows("events")) == 1


def test_pipelined_requests_are_answered_in_their_order(start: Start) -> None:
    gateway = start()
    health = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
    with connect(gateway) as sender:
        sender.sendall(request("evt_1") + request("evt_2", "whsec_other") + health + request("evt_3"))
        statuses = [status for status, _, _ in answers(sender, 4)]
        sender.sendall(request("evt_4"))
        assert [*statuses, answers(sender)[0][0]] == [200, 401, 200, 200, 200]
    assert {row["id"] for row in gateway.rows("events")} == {"evt_1", "evt_3", "evt_4"}


# more header lines -> whether the connection stays
ENDINGS = [("", True), ("connection: close\r\n", False), ("connection: keep-alive\r\n", True)]


@pytest.mark.parametrize(("head", "stays"), ENDINGS)
def test_a_connection_stays_open_unless_the_sender_ends_it(start: Start, head: str, stays: bool) -> None:
    gateway = start()
    with connect(gateway) as sender:
        sender.sendall(request(head=head))
        status, headers, _ = answers(sender)[0]
        assert (status, b"connection: close" not in headers) == (200, stays)
        if not stays:
            assert sender.recv(1) == b""


def test_http_1_0_gets_an_answer_and_the_end(start: Start) -> None:
    with connect(start()) as sender:
        sender.sendall(request().replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert answers(sender)[0][0] == 200
        assert sender.recv(1) == b""


def test_a_sender_that_waits_for_100_continue_gets_it(start: Start) -> None:
    whole = request(head="expect: 100-continue\r\n")
    begins = whole.index(b"\r\n\r\n") + 4
    with connect(start()) as sender:
        sender.sendall(whole[:begins])
        assert sender.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sender.sendall(whole[begins:])
        assert answers(sender)[0][0] == 200


def test_a_chunked_webhook_in_one_piece_comes_in(start: Start) -> None:
    whole = request()
    head, _, body = whole.partition(b"\r\n\r\n")
    head = re.sub(rb"content-length: \d+", b"transfer-encoding: chunked", head)
    chunks = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (5, body[:5], len(body) - 5, body[5:])
    assert ask(start(), head + b"\r\n\r\n" + chunks)[0] == 200


def test_garbage_behind_a_webhook_ends_the_connection_only(start: Start) -> None:
    gateway = start()
    with connect(gateway) as sender:
        sender.sendall(request() + b"\0\0garbage\r\n\r\n")
        assert b" 400 " in sender.recv(65_536)
    assert gateway.send(stripe_event("evt_2")).status_code == 200
    assert "Traceback" not in gateway.log


def test_a_sender_that_leaves_at_once_loses_nothing(start: Start) -> None:
    gateway = start()
    for number in range(50):
        with connect(gateway) as sender:
            sender.sendall(request(f"evt_{number}"))
    eventually(lambda: len(gateway.rows("events")) == 50)
    assert gateway.send(stripe_event("evt_last")).status_code == 200
    assert "Traceback" not in gateway.log


def test_a_forwarded_address_is_believed_of_a_named_proxy(prepare: Start) -> None:
    gateway = prepare()
    gateway.env["FORWARDED_ALLOW_IPS"] = "127.0.0.1"
    gateway.start()
    assert ask(gateway, request(head="x-forwarded-for: 203.0.113.9\r\n"))[0] == 200
    [event] = gateway.rows("event", gateway.rows("events")[0]["event_id"])
    assert "203.0.113.9" in json.dumps(event)


def test_a_stopping_gateway_answers_what_is_whole_and_ends_the_connection(start: Start) -> None:
    gateway = start()
    assert gateway.process is not None
    with connect(gateway) as sender:
        os.kill(gateway.process.pid, signal.SIGSTOP)
        sender.sendall(request())
        os.kill(gateway.process.pid, signal.SIGTERM)
        os.kill(gateway.process.pid, signal.SIGCONT)
        text = sender.recv(65_536)
        assert text == b"" or text.startswith(b"HTTP/1.1 200")
    assert gateway.process.wait(20) == 0
    assert len(gateway.rows("events")) == (1 if text else 0) or not text
