"""The challenge of Braintree, and its XML; signatures are in the vectors."""

import base64
from urllib.parse import urlencode

import pytest

import adapters
from adapters.base import Headers, PayloadError, WebhookRequest

BRAINTREE = adapters.load("braintree")({"public_key": "integration_public_key"})
CHALLENGE = "20f9f8ed05f77439fe955c977e4c8a53"
ANSWER = b"integration_public_key|d9b899556c966b3f06945ec21311865d35df3ce4"


def get(query: str, method: str = "GET") -> WebhookRequest:
    return WebhookRequest(method, f"https://gateway.example/webhooks/braintree{query}", Headers([]), b"", 0)


@pytest.mark.parametrize(
    "secrets", [["integration_private_key"], ["integration_public_key|integration_private_key"]]
)
def test_the_published_challenge_gets_the_published_answer(secrets):
    reply = BRAINTREE.handshake(get(f"?bt_challenge={CHALLENGE}"), secrets)
    assert (reply.status, reply.body) == (200, ANSWER)


@pytest.mark.parametrize(
    "request_",
    [
        get(f"?bt_challenge={CHALLENGE}", "POST"),
        get(f"?bt_challenge={CHALLENGE}&bt_challenge={CHALLENGE}"),
        get(f"?bt_challenge={CHALLENGE}%0A"),  # `$` of the SDK's expression would let this through
        get(f"?bt_challenge={CHALLENGE.upper()}"),
        get("?bt_challenge="),
        get("?bt_challenge=%FF"),
        get(""),
    ],
)
def test_nothing_else_is_signed_for_a_stranger(request_):
    assert BRAINTREE.handshake(request_, ["integration_private_key"]) is None


def test_without_the_public_key_there_is_no_answer():
    adapter = adapters.load("braintree")()
    assert adapter.handshake(get(f"?bt_challenge={CHALLENGE}"), ["integration_private_key"]) is None
    assert adapter.handshake(get(f"?bt_challenge={CHALLENGE}"), []) is None


def parse(xml: str):
    payload = base64.encodebytes(xml.encode()).decode()
    body = urlencode({"bt_signature": "x|y", "bt_payload": payload}).encode()
    return BRAINTREE.parse(WebhookRequest("POST", "https://gateway.example/", Headers([]), body, 0))


def test_the_notification_is_read_with_its_types():
    [event] = parse(
        "<notification><kind>dispute_opened</kind><timestamp type='datetime'>2027-01-15T08:00:00Z</timestamp>"
        "<subject><dispute><amount-disputed>1.00</amount-disputed><won type='boolean'>false</won>"
        "<days type='integer'>3</days><reply-by-date nil='true'/><ids type='array'><item>a</item></ids>"
        "</dispute></subject></notification>"
    )
    assert (event.type, event.ts) == ("dispute_opened", 1_800_000_000_000)
    assert event.payload["subject"]["dispute"] == {
        "amount_disputed": "1.00", "won": False, "days": 3, "reply_by_date": None, "ids": ["a"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "xml",
    [
        "<notification><kind>x</kind>",
        "<other><kind>x</kind></other>",
        "<notification/>",
        "<notification><timestamp>1</timestamp></notification>",
        "<!DOCTYPE n [<!ENTITY a 'x'>]><notification><kind>&a;</kind></notification>",
        "<notification><kind>x</kind>" + "<a>" * 60 + "</a>" * 60 + "</notification>",
        "",
    ],
)
def test_what_is_no_notification_is_refused(xml):
    with pytest.raises(PayloadError):
        parse(xml)
