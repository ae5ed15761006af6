"""What the gateway signs, the Standard Webhooks' own library verifies."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.destinations.signature import sign

KEY, OTHER = b"k" * 32, b"o" * 32


def verifier(key: bytes) -> Webhook:
    return Webhook("whsec_" + base64.b64encode(key).decode())


@given(st.binary(min_size=24, max_size=64), st.dictionaries(st.text(), st.text(), max_size=3))
def test_the_official_library_verifies(key: bytes, data: dict[str, str]) -> None:
    import json

    body = json.dumps(data).encode()
    headers = sign("01ABC", int(time.time()), body, [key])
    assert verifier(key).verify(body, headers) == data


def test_either_key_of_a_rotation_verifies_and_no_other() -> None:
    headers = sign("01ABC", int(time.time()), b"{}", [KEY, OTHER])
    for key in (KEY, OTHER):
        verifier(key).verify(b"{}", headers)
    with pytest.raises(WebhookVerificationError):
        verifier(b"x" * 32).verify(b"{}", headers)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body"])
def test_each_signed_part_counts(changed: str) -> None:
    now = int(time.time())
    headers = sign("01ABC", now, b"{}", [KEY])
    body = b"[]" if changed == "body" else b"{}"
    headers |= {
        "webhook-id": {"webhook-id": "01ABD"},
        "webhook-timestamp": {"webhook-timestamp": str(now - 1)},
    }.get(changed, {})
    with pytest.raises(WebhookVerificationError):
        verifier(KEY).verify(body, headers)


def test_the_example_of_the_specification() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [key])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_without_a_key_there_is_no_signature() -> None:
    assert sign("01ABC", 5, b"{}", []) == {"webhook-id": "01ABC", "webhook-timestamp": "5"}
