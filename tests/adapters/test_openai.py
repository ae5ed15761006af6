"""Where OpenAI's event ids come from, and its signatures without a version."""

import pytest

import adapters
from adapters.base import PayloadError

OPENAI = adapters.load("openai")()
NOW = 1_800_000_000.0


def test_without_an_id_in_the_body_the_messages_counts():
    request = OPENAI.sample("batch.completed", NOW, "evt_1")
    assert OPENAI.parse(request)[0].id == "evt_1"
    assert OPENAI.parse(request.with_body(b'{"type":"batch.completed"}'))[0].id == "wh_evt_1"


def test_two_message_ids_are_refused():
    request = OPENAI.sample("batch.completed", NOW, "evt_1").with_headers({"webhook-id": "wh_2"})
    with pytest.raises(PayloadError):
        OPENAI.parse(request.with_body(b'{"type":"batch.completed"}'))


def test_only_a_signature_without_a_version_becomes_v1():
    assert OPENAI.scheme.signatures("abc= v1,def= v2,ghi= ") == [b"v1,abc=", b"v1,def=", b"v2,ghi="]
