"""Mailgun's ids and forms; its signatures are in the vectors."""

import orjson
import pytest

import adapters
from adapters.base import PayloadError, VerificationError

MAILGUN = adapters.load("mailgun")()
NOW = 1_800_000_000.0


def signed(type: str = "failed", at: float = NOW):
    return MAILGUN.sign(MAILGUN.sample(type, at, "evt_1"), "key", at)


def test_an_id_counts_for_one_day_only():
    [today], [later], [tomorrow] = (MAILGUN.parse(signed(at=NOW + off)) for off in (0, 3600, 86_400))
    assert {today.id, tomorrow.id} == {"evt_1"}
    assert today.key == later.key == "evt_1:2027-01-15"
    assert tomorrow.key == "evt_1:2027-01-16"


def test_a_retry_that_is_signed_anew_has_the_same_key():
    request = MAILGUN.sample("failed", NOW, "evt_1")
    first, again = (MAILGUN.sign(request, "key", NOW + off) for off in (0, 600))
    assert first.body != again.body
    assert MAILGUN.parse(first)[0].key == MAILGUN.parse(again)[0].key


def test_severity_and_test_mode_are_attributes():
    document = orjson.loads(signed().body)
    document["event-data"] |= {"severity": "permanent", "flags": {"is-test-mode": True}}
    [event] = MAILGUN.parse(signed().with_body(orjson.dumps(document)))
    assert event.attributes == {"severity": "permanent", "test": True}


def test_the_body_is_not_covered_and_it_says_so():
    assert MAILGUN.signs_body is False


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"signature":7}', b'{"signature":{}}', b"{"])
def test_a_body_without_a_proof_proves_nothing(body):
    with pytest.raises(VerificationError):
        MAILGUN.verify(signed().with_body(body), ["key"], NOW)


@pytest.mark.parametrize("document", [{}, {"event-data": None}, {"event-data": {"id": "x"}}])
def test_a_body_without_an_event_is_refused(document):
    with pytest.raises(PayloadError):
        MAILGUN.parse(signed().with_body(orjson.dumps(document)))


def test_a_form_without_a_content_type_is_a_form():
    request = signed("inbound")
    bare = type(request)("POST", request.url, type(request.headers)([]), request.body, NOW)
    assert MAILGUN.verify(bare, ["key"], NOW) == 0
    assert MAILGUN.parse(bare)[0].type == "inbound"
