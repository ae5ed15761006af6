"""The Stripe adapter against requests that Stripe's own library signed."""

import json

import pytest
import stripe
from stripe import WebhookSignature

import adapters
from adapters.base import Headers, PayloadError, StaleTimestamp, VerificationError, WebhookRequest

NOW = 1_800_000_000
SECRET, OTHER = "whsec_first", "whsec_second"
BODY = '{"id":"evt_1","object":"event","type":"customer.created","created":1799999999}'

Stripe = adapters.load("stripe")


def header_of(body: str = BODY, secret: str = SECRET, at: int = NOW) -> str:
    return WebhookSignature.generate_signature_header(body, secret, at)


def signature_of(secret: str, at: int = NOW) -> str:
    return header_of(secret=secret, at=at).partition(",")[2]


def post(header: str | None, body: str | bytes = BODY) -> WebhookRequest:
    headers = {} if header is None else {"Stripe-Signature": header}
    raw = body.encode() if isinstance(body, str) else body
    return WebhookRequest("POST", "https://gateway.example/webhooks/stripe", Headers.of(headers), raw, NOW)


def verify(header: str | None, *secrets: str, body: str | bytes = BODY, now: float = NOW) -> int:
    return Stripe().verify(post(header, body), secrets or [SECRET], now)


def parse(document: dict, **options) -> object:
    [event] = Stripe(options).parse(post(None, json.dumps(document)))
    return event


def test_accepts_what_the_library_signed():
    assert verify(header_of()) == 0


def test_accepts_a_body_beyond_ascii():
    body = '{"id":"evt_1","name":"Zoë 🦊"}'
    assert verify(header_of(body), body=body) == 0


def test_several_endpoints_can_share_one_url():
    assert verify(header_of(secret=OTHER), SECRET, OTHER) == 1
    assert verify(header_of(secret=SECRET), SECRET, OTHER) == 0


def test_the_whole_secret_is_the_key_with_its_prefix():
    with pytest.raises(VerificationError):
        verify(header_of(secret="first"))


def test_an_empty_secret_matches_nothing_even_where_it_signed():
    for blank in ("", " ", "\t"):
        with pytest.raises(VerificationError, match="secret 1 is unusable: the secret is empty"):
            verify(header_of(secret=blank), blank)


@pytest.mark.parametrize("off", [-300, 0, 300])
def test_a_time_at_the_edge_passes(off):
    assert verify(header_of(at=NOW + off)) == 0


@pytest.mark.parametrize("off", [-301, 301])
def test_a_time_past_the_edge_is_stale_in_both_directions(off):
    with pytest.raises(StaleTimestamp):
        verify(header_of(at=NOW + off))


def test_a_forgery_is_not_told_that_it_is_stale():
    with pytest.raises(VerificationError) as error:
        verify(header_of(secret=OTHER, at=NOW - 1000))
    assert not isinstance(error.value, StaleTimestamp)


def test_a_body_that_is_not_utf8_is_refused():
    with pytest.raises(VerificationError, match="not UTF-8"):
        verify(header_of(), body=b'{"id":"\xff"}')


def test_a_snapshot_event():
    event = parse(
        {
            "id": "evt_1",
            "object": "event",
            "type": "customer.subscription.updated",
            "created": 1_799_999_999,
            "api_version": "2025-03-31.basil",
            "livemode": True,
            "account": "acct_1",
        }
    )
    assert (event.id, event.type, event.key) == ("evt_1", "customer.subscription.updated", None)
    assert (event.ts, event.version) == (1_799_999_999_000, "2025-03-31.basil")
    assert event.attributes == {"livemode": True, "account": "acct_1"}


THIN = {
    "id": "evt_test_2",
    "object": "v2.core.event",
    "type": "v1.customer.created",
    "created": "2027-01-15T08:00:00.250Z",
    "livemode": False,
    "context": "acct_1/acct_2",
    "related_object": {"id": "cus_1", "type": "customer", "url": "/v1/customers/cus_1"},
    "snapshot_event": "evt_1",
}


def test_a_thin_notification():
    event = parse(THIN)
    assert (event.id, event.type, event.ts) == ("evt_test_2", "v1.customer.created", NOW * 1000 + 250)
    assert event.version is None
    assert event.attributes == {
        "livemode": False,
        "context": "acct_1/acct_2",
        "related_object_type": "customer",
        "related_object_id": "cus_1",
    }


TWINS = [
    # options, what is left out of the notification, the dedupe key
    ({}, [], None),  # separate events unless the source says otherwise
    ({"twins": "separate"}, [], None),
    ({"twins": "merge"}, [], "evt_1"),  # the twin's id
    ({"twins": "merge"}, ["snapshot_event"], None),  # has no twin: its own id
]


@pytest.mark.parametrize(("options", "absent", "key"), TWINS)
def test_twins_share_a_key_where_they_are_merged(options, absent, key):
    event = parse({name: value for name, value in THIN.items() if name not in absent}, **options)
    assert event.key == key
    assert event.id == "evt_test_2"


def test_a_merged_snapshot_keeps_its_own_id_as_the_key():
    document = {"id": "evt_1", "object": "event", "type": "customer.created", "created": NOW}
    event = parse(document, twins="merge")
    assert (event.key or event.id) == parse(THIN, twins="merge").key


MALFORMED = [
    # not an object
    "[]",
    "null",
    "{",
    # an object, but no event
    '{"id":"evt_1","type":"a.b"}',
    '{"object":"customer","id":"cus_1"}',
    '{"object":["event"],"id":"evt_1","type":"a.b"}',
    # no usable id
    '{"object":"event","type":"a.b"}',
    '{"object":"event","id":"","type":"a.b"}',
    '{"object":"event","id":{},"type":"a.b"}',
    # no usable type
    '{"object":"event","id":"evt_1"}',
    '{"object":"v2.core.event","id":"evt_1","type":null}',
]


@pytest.mark.parametrize("body", MALFORMED)
def test_refuses_a_body_that_is_no_event(body):
    with pytest.raises(PayloadError):
        Stripe().parse(post(None, body))


@pytest.mark.parametrize("created", [None, "soon", [], True, -5, 10**30])
def test_an_odd_time_is_no_time(created):
    assert parse({"id": "evt_1", "object": "event", "type": "a.b", "created": created}).ts is None


COMMON = {
    "customer.created": "customer",
    "invoice.paid": "invoice",
    "payment_intent.succeeded": "payment_intent",
    "charge.refunded": "charge",
    "customer.subscription.updated": "subscription",
    "checkout.session.completed": "checkout.session",
    # any other type has an object named after it
    "issuing_card.created": "issuing_card",
}


@pytest.mark.parametrize(("type", "kind"), COMMON.items())
def test_the_library_reads_our_snapshot_samples(type, kind):
    request = Stripe().sample(type, NOW, "evt_1")
    event = stripe.Webhook.construct_event_without_verification(request.body)
    assert (event.id, event.type, event.created) == ("evt_1", type, NOW)
    assert event.data.object.object == kind


@pytest.mark.parametrize("type", ["v1.customer.created", "v2.core.account.updated", "v1.new_thing.made"])
def test_the_library_reads_our_thin_samples(type):
    request = Stripe().sample(type, NOW, "evt_1")
    event = stripe.StripeClient("sk_test_x").parse_event_notification_without_verification(request.body)
    assert (event.id, event.type) == ("evt_1", type)
    assert event.related_object.id


def test_a_secret_that_is_an_api_key_is_named_as_one():
    with pytest.raises(ValueError, match="whsec_") as error:
        Stripe().check_secret("sk_live_4711")
    assert "4711" not in str(error.value)


def test_what_the_gateway_generates_looks_like_stripes():
    assert Stripe().generate_secret().startswith("whsec_")
    assert Stripe().generate_secret() != Stripe().generate_secret()


def test_remembers_ids_for_as_long_as_stripe_retries():
    assert Stripe.retry_horizon == 3 * 24 * 3600


def test_what_is_signed_and_the_signature_that_would_be_right_are_told() -> None:
    request = post(header_of(secret=OTHER))
    assert Stripe().signed_bytes(request) == f"{NOW}.{BODY}".encode()
    assert Stripe().expected(request, SECRET) == signature_of(SECRET) != signature_of(OTHER)
    with pytest.raises(VerificationError):
        Stripe().signed_bytes(post("v1=ab"))
