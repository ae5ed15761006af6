"""Asana's question at set-up, and its batches; the rest is in tests/vectors/asana.json."""

import pytest

import adapters
from adapters.base import Headers, PayloadError, WebhookRequest

ASANA = adapters.load("asana")()


def post(body: bytes, method: str = "POST", **headers: str) -> WebhookRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebhookRequest(method, "https://gateway.example/webhooks/asana", Headers.of(named), body, 0)


QUESTIONS = [
    # headers, body, secrets, answered
    ({"X_Hook_Secret": "b5"}, b"", [], True),
    ({"X_Hook_Secret": "b5"}, b" {} ", ["setup"], True),
    ({"X_Hook_Secret": "b5"}, b"", ["known", "setup"], True),
    ({"X_Hook_Secret": "b5"}, b"", ["known"], False),
    ({"X_Hook_Secret": "b5"}, b"", ["known", "b5"], True),  # the webhook's own, asked again
    ({"X_Hook_Secret": "b5"}, b'{"events":[]}', [], False),
    ({"X_Hook_Secret": "b5", "X_Hook_Signature": "00"}, b"", [], False),
    ({"X_Hook_Secret": ""}, b"", [], False),
    ({"X_Hook_Secret": "é"}, b"", [], False),
    ({}, b"", [], False),
]


@pytest.mark.parametrize(("headers", "body", "secrets", "answered"), QUESTIONS)
def test_the_question_at_set_up_is_answered_with_its_own_word(headers, body, secrets, answered):
    reply = ASANA.handshake(post(body, **headers), secrets)
    assert (reply is not None) == answered
    assert reply is None or (reply.status, reply.body, reply.headers) == (200, b"", {"X-Hook-Secret": "b5"})
    assert ASANA.handshake(post(body, "GET", **headers), secrets) is None


def test_a_word_that_came_twice_is_not_answered():
    twice = Headers([(b"x-hook-secret", b"a"), (b"x-hook-secret", b"b")])
    assert ASANA.handshake(WebhookRequest("POST", "https://gateway.example/", twice, b"", 0), []) is None


def test_one_event_twice_in_a_batch_has_one_id_and_another_its_own():
    one = b'{"action":"added","resource":{"resource_type":"task","gid":"1"}}'
    other = one.replace(b'"1"', b'"2"')
    same = b'{"resource":{"gid":"1","resource_type":"task"},"action":"added"}'
    ids = [event.id for event in ASANA.parse(post(b'{"events":[%b,%b,%b]}' % (one, other, same)))]
    assert ids[0] == ids[2] != ids[1]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"events":{}}', b'{"events":[1]}', b'{"events":[{}]}'])
def test_refuses_what_is_no_batch(body):
    with pytest.raises(PayloadError):
        ASANA.parse(post(body))


def test_the_word_is_never_kept():
    assert ASANA.secret_headers() == {"x-hook-secret"}
