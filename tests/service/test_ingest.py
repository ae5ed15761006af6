"""From a signed request to the answer and what is on disk, against a real gateway."""

from __future__ import annotations

import concurrent.futures
import json
import socket
import time
from typing import Any

import httpx
import pytest

from tests.service.conftest import SECRET, WEB, Start, Subscriber, eventually, signed, stripe_event, to


def test_the_whole_path(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber, "stripe/customer.created"))
    answer = gateway.send(stripe_event("evt_1"))
    assert answer.status_code == 200
    [event_id] = answer.json()["ids"]
    assert answer.json()["duplicates"] == 0
    eventually(lambda: subscriber.got)
    [event] = gateway.rows("events")
    assert (event["event_id"], event["id"], event["name"]) == (event_id, "evt_1", "stripe/customer.created")
    assert eventually(lambda: gateway.rows("deliveries", "--state", "succeeded"))


def test_an_unwanted_webhook_is_stored_all_the_same(start: Start) -> None:
    gateway = start()
    assert gateway.send(stripe_event("evt_1")).status_code == 200
    assert [e["id"] for e in gateway.rows("events")] == ["evt_1"]


def test_a_thousand_concurrent_copies_make_one_event(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber))
    body = json.dumps(stripe_event("evt_1")).encode()
    headers = signed(body)
    with httpx.Client(limits=httpx.Limits(max_connections=50)) as client:

        def send(_: int) -> dict[str, Any]:
            return dict(client.post(f"{gateway.url}/webhooks/stripe", content=body, headers=headers).json())

        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(send, range(1000)))
    assert len({answer["ids"][0] for answer in answers}) == 1
    assert sum(answer["duplicates"] for answer in answers) == 999
    assert len(gateway.rows("events")) == 1
    duplicates = gateway.rows("duplicates")
    assert len(duplicates) == 999
    assert all(d["same_body"] is True and d["source"] == "stripe" for d in duplicates)
    time.sleep(0.5)
    assert len(subscriber.got) == 1


def test_a_changed_copy_is_told(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber, "gateway/duplicate.*"))
    gateway.send(stripe_event("evt_1", livemode=False))
    gateway.send(stripe_event("evt_1", livemode=True))
    eventually(lambda: subscriber.got)
    [told] = subscriber.events()
    assert told["name"] == "gateway/duplicate.differs"
    assert told["data"]["id"] == "evt_1"
    assert "livemode" in told["data"]["fields"]
    assert "livemode" in gateway.cli("duplicates", "evt_1").stdout


BODY = json.dumps(stripe_event("evt_1")).encode()


def refused() -> list[tuple[Any, ...]]:
    """Method, path, body, headers -> status, code. Signed when it is run: a signature ages."""
    old, early = signed(BODY, at=time.time() - 3600), signed(BODY, at=time.time() + 3600)
    return [
        ("POST", "/webhooks/nobody", BODY, signed(BODY), 404, "unknown_source"),  # no such source
        ("GET", "/webhooks/stripe", b"", {}, 405, "method_not_allowed"),  # Stripe has no GET handshake
        ("PUT", "/webhooks/stripe", BODY, signed(BODY), 405, "method_not_allowed"),  # nor a PUT
        ("POST", "/webhooks/stripe", BODY, {}, 401, "bad_signature"),  # unsigned
        ("POST", "/webhooks/stripe", BODY, signed(BODY, "whsec_other"), 401, "bad_signature"),  # wrong secret
        ("POST", "/webhooks/stripe", BODY + b" ", signed(BODY), 401, "bad_signature"),  # changed on the way
        ("POST", "/webhooks/stripe", b"\xff" + BODY, signed(BODY), 401, "bad_signature"),  # not even text
        ("POST", "/webhooks/stripe", BODY, old, 401, "stale_timestamp"),  # an hour old
        ("POST", "/webhooks/stripe", BODY, early, 401, "stale_timestamp"),  # an hour ahead
        ("POST", "/webhooks/stripe", b"[]", signed(b"[]"), 400, "malformed_payload"),  # genuine, but no event
        ("POST", "/webhooks/stripe", b"{}", signed(b"{}"), 400, "malformed_payload"),  # no id
        ("POST", "/webhooks/stripe", b"", signed(b""), 400, "malformed_payload"),  # nothing
        ("POST", "/webhooks/stripe", b"x" * 2048, signed(b"x"), 413, "body_too_large"),  # past max_body
        ("GET", "/nothing", b"", {}, 404, "not_found"),  # no such page
        ("POST", "/healthz", b"", {}, 405, "method_not_allowed"),  # a GET page
    ]


def test_each_refusal_has_its_status_and_code(start: Start) -> None:
    gateway = start(server=", max_body: 2000")
    for method, path, body, headers, status, code in refused():
        answer = WEB.request(method, gateway.url + path, content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), (method, path, body)
        assert answer.json()["error"]["message"]
    assert gateway.rows("events") == []


def test_a_rejection_is_kept_without_body_or_secret(start: Start) -> None:
    gateway = start()
    headers = signed(BODY, "whsec_other") | {"authorization": "Bearer hush", "cookie": "hush"}
    httpx.post(f"{gateway.url}/webhooks/stripe", content=BODY, headers=headers)
    [rejection] = eventually(lambda: gateway.rows("rejections"))
    assert (rejection["source"], rejection["reason"]) == ("stripe", "bad_signature")
    assert rejection["body_size"] == len(BODY)
    files = [path.read_bytes() for path in gateway.folder.glob("data/gateway.db*")]
    assert not any(b"hush" in file or SECRET.encode() in file or b"cus_1" in file for file in files)


@pytest.mark.parametrize(("trusted", "told"), [("", "127.0.0.1"), ("127.0.0.1", "203.0.113.9")])
def test_a_forwarded_address_is_believed_of_a_named_proxy_only(
    prepare: Start, trusted: str, told: str
) -> None:
    gateway = prepare()
    if trusted:
        gateway.env["FORWARDED_ALLOW_IPS"] = trusted
    gateway.start()
    headers = {"x-forwarded-for": "203.0.113.9"}
    httpx.post(f"{gateway.url}/webhooks/stripe", content=BODY, headers=headers)
    [rejection] = eventually(lambda: gateway.rows("rejections"))
    assert rejection["remote_addr"] == told


def test_a_chunked_body_past_the_limit_is_refused(start: Start) -> None:
    gateway = start(server=", max_body: 1000")
    chunks = (b"x" * 600 for _ in range(3))
    answer = httpx.post(f"{gateway.url}/webhooks/stripe", content=chunks)
    assert answer.status_code == 413


def test_a_chunked_body_is_received_whole(start: Start) -> None:
    gateway = start()
    halves = iter([BODY[:10], BODY[10:]])
    answer = httpx.post(f"{gateway.url}/webhooks/stripe", content=halves, headers=signed(BODY))
    assert answer.status_code == 200


# what arrives before the sender stalls
STALLS = [
    b"",  # the headers alone
    b'{"id": "evt_1"',  # half of the body
]


@pytest.mark.parametrize("begun", STALLS)
def test_a_stalled_body_is_given_up(start: Start, begun: bytes) -> None:
    gateway = start(server=", body_timeout: 300ms")
    with socket.create_connection(("127.0.0.1", gateway.port)) as sender:
        sender.sendall(b"POST /webhooks/stripe HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n" + begun)
        assert b" 408 " in sender.recv(4096)
    assert gateway.send(stripe_event()).status_code == 200


def test_past_max_in_flight_the_sender_is_asked_to_come_back(start: Start) -> None:
    gateway = start(server=", max_in_flight: 1")
    with socket.create_connection(("127.0.0.1", gateway.port)) as slow:
        slow.sendall(b"POST /webhooks/stripe HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n")
        refused = eventually(lambda: (a := gateway.send(stripe_event())).status_code == 503 and a)
        assert refused.json()["error"]["code"] == "overloaded"
        assert int(refused.headers["retry-after"]) > 0
    assert eventually(lambda: gateway.send(stripe_event()).status_code == 200)


def test_both_secrets_of_a_rotation_work_and_the_evidence_tells_which(start: Start) -> None:
    gateway = start(secret='whsec_old", "whsec_new')
    assert gateway.send(stripe_event("evt_1"), "whsec_old").status_code == 200
    assert gateway.send(stripe_event("evt_1"), "whsec_new").json()["duplicates"] == 1
    assert [d["secret"] for d in gateway.rows("duplicates")] == [1]


def test_a_thin_twin_and_its_snapshot_make_one_event_when_asked(start: Start) -> None:
    gateway = start(source=", twins: merge")
    thin = {
        "id": "evt_thin",
        "object": "v2.core.event",
        "type": "v1.customer.created",
        "created": "2026-11-23T12:00:00Z",
        "livemode": False,
        "snapshot_event": "evt_1",
        "related_object": {"id": "cus_1", "type": "customer", "url": "/v1/customers/cus_1"},
    }
    first = gateway.send(thin).json()
    second = gateway.send(stripe_event("evt_1")).json()
    assert (first["duplicates"], second["duplicates"]) == (0, 1)
    assert first["ids"] == second["ids"]
    assert [d["reason"] for d in gateway.rows("duplicates")] == ["twin"]


def test_a_mistyped_secret_becomes_a_replay_not_a_loss(start: Start) -> None:
    gateway = start(secret="whsec_mistyped", source=", quarantine: true")
    assert gateway.send(stripe_event("evt_lost")).status_code == 401
    gateway.send(stripe_event("evt_forged"), "whsec_forger")
    eventually(lambda: len(gateway.rows("rejections")) == 2)
    config = (gateway.folder / "config.yaml").read_text()
    gateway.configure(config.replace("whsec_mistyped", SECRET))
    released = gateway.cli("quarantine", "release", "--source", "stripe", "--since", "1h")
    assert released.returncode == 0, released.stderr
    assert [e["id"] for e in gateway.rows("events")] == ["evt_lost"]
    assert gateway.send(stripe_event("evt_lost"), "whsec_mistyped").status_code == 200
