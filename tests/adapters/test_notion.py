"""Notion's unsigned set-up request; the rest is in tests/vectors/notion.json."""

import pytest

import adapters
from adapters.base import Headers, WebhookRequest

NOTION = adapters.load("notion")()
TOLD = b'{"verification_token":"secret_stranger"}'

REQUESTS = [
    # method, headers, body, secrets, answered
    ("POST", {}, TOLD, [], True),
    ("POST", {}, TOLD, ["setup"], True),
    ("POST", {}, TOLD, ["secret_known", "setup"], True),
    ("POST", {}, TOLD, ["secret_known"], False),  # once there is one, no stranger can tell another
    ("POST", {}, TOLD, ["secret_known", "secret_stranger"], True),  # no stranger: he knows it already
    ("POST", {}, TOLD, ["secret_strange"], False),
    ("GET", {}, TOLD, [], False),
    ("POST", {"X-Notion-Signature": "sha256=00"}, TOLD, [], False),
    ("POST", {}, b'{"verification_token":"a","type":"page.created"}', [], False),
    ("POST", {}, b'{"verification_token":1}', [], False),
    ("POST", {}, b"[]", [], False),
    ("POST", {}, b"", [], False),
]


@pytest.mark.parametrize(("method", "headers", "body", "secrets", "answered"), REQUESTS)
def test_the_token_is_taken_note_of_only_while_there_is_none(method, headers, body, secrets, answered):
    request = WebhookRequest(method, "https://gateway.example/", Headers.of(headers), body, 0)
    reply = NOTION.handshake(request, secrets)
    assert (reply is not None) == answered
    assert reply is None or (reply.status, reply.body, reply.headers) == (200, b"", {})


def test_makes_secrets_that_look_like_notions():
    assert NOTION.generate_secret().startswith("secret_")
