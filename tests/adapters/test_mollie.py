"""Mollie's classic webhooks, which say so little; those of the next generation are in the vectors."""

import pytest

import adapters
from adapters.base import Headers, PayloadError, VerificationError, WebhookRequest

CLASSIC = adapters.load("mollie")({"classic": True})
SECRET = "mollie-secret"


def post(body: bytes, query: str = f"?token={SECRET}", at: float = 1_800_000_000) -> WebhookRequest:
    return WebhookRequest("POST", f"https://gateway.example/webhooks/mollie{query}", Headers([]), body, at)


@pytest.mark.parametrize(
    ("id", "type"),
    [
        ("tr_d0b0E3EA3v", "payment.changed"),
        ("ord_pbjz8x", "order.changed"),
        ("xyz_1", "resource.changed"),  # whatever comes next from Mollie
    ],
)
def test_the_prefix_of_the_id_tells_what_changed(id, type):
    [event] = CLASSIC.parse(post(f"id={id}".encode()))
    assert (event.type, event.payload) == (type, {"id": id})


def test_the_same_body_later_is_another_event():
    [first], [second] = CLASSIC.parse(post(b"id=tr_1")), CLASSIC.parse(post(b"id=tr_1", at=1_800_000_060))
    assert first.id != second.id


@pytest.mark.parametrize(
    "query", ["", "?token=", "?token=other", f"?token={SECRET}&token={SECRET}", f"?Token={SECRET}"]
)
def test_the_url_has_to_carry_the_secret(query):
    with pytest.raises(VerificationError):
        CLASSIC.verify(post(b"id=tr_1", query), [SECRET], 1_800_000_000)


@pytest.mark.parametrize("body", [b"", b"id=", b"id=tr_1&id=tr_2", b"id=%00", b"x=1", b"id=" + b"a" * 101])
def test_what_holds_no_id_is_refused(body):
    with pytest.raises(PayloadError):
        CLASSIC.parse(post(body))


def test_the_gateway_keeps_the_token_to_itself():
    assert CLASSIC.secret_params() == {"token"}
