"""Stripe's events in the envelopes of EventBridge and Event Grid; the vectors show the proofs."""

import pytest
from pydantic import ValidationError

import adapters
from adapters.attacks import NOW
from adapters.base import Headers, PayloadError, VerificationError, WebhookRequest
from adapters.conformance import CHECKS
from adapters.plain import json_request

Stripe = adapters.load("stripe")
KINDS = [
    {"envelope": "eventbridge"},
    {"envelope": "event_grid"},
    {"envelope": "event_grid", "envelope_query": "code"},
]
# The others are about a signed time, which an envelope has not.
KEPT = [name for name in CHECKS if "time" not in name and "tolerance" not in name and "vectors" not in name]


@pytest.mark.parametrize("options", KINDS, ids=str)
@pytest.mark.parametrize("check", KEPT)
def test_an_envelope_conforms(check, options):
    CHECKS[check](Stripe(options), [])


@pytest.mark.parametrize("options", KINDS, ids=str)
@pytest.mark.parametrize("type", ["customer.created", "v1.customer.created"])
def test_the_event_is_the_same_as_by_webhook(options, type):
    plain, adapter = Stripe({"twins": "merge"}), Stripe({**options, "twins": "merge"})
    request = adapter.sample(type, NOW, "evt_1")
    wrapped = adapter.sign(request, "a-token-4711", NOW)
    assert wrapped.body != request.body
    assert list(adapter.parse(wrapped)) == list(plain.parse(request))


def test_a_webhook_keeps_its_bytes_beside_envelopes():
    adapter, secrets = Stripe({"envelope": "eventbridge"}), ["whsec_4711", "a-token"]
    request = adapter.sign(adapter.sample("customer.created", NOW, "evt_1"), secrets[0], NOW)
    assert adapter.verify(request, secrets, NOW) == 0
    [event] = adapter.parse(request)
    assert event.payload is request.json


def test_a_signing_secret_is_never_a_token():
    adapter = Stripe({"envelope": "eventbridge"})
    request = json_request("stripe", {}, NOW, {"X-Api-Key": "whsec_4711"})
    with pytest.raises(VerificationError):
        adapter.verify(request, ["whsec_4711"], NOW)


FOREIGN = [
    {"source": "aws.ec2", "detail": {"state": "running"}},  # another rule of the same bus
    {"detail": {"object": "customer"}},
    {"detail": [{"object": "event"}]},
    {"detail": None},
    {"object": "customer"},
]


@pytest.mark.parametrize("document", FOREIGN)
def test_what_is_no_event_of_stripe_is_refused(document):
    with pytest.raises(PayloadError, match="detail"):
        Stripe({"envelope": "eventbridge"}).parse(json_request("stripe", document, NOW))


def test_one_bad_event_refuses_the_batch():
    good = {"data": {"id": "evt_1", "object": "event", "type": "a.b"}}
    with pytest.raises(PayloadError):
        Stripe({"envelope": "event_grid"}).parse(json_request("stripe", [good, {"data": {}}], NOW))


def ask(method: str, headers: dict, body: bytes = b"") -> WebhookRequest:
    return WebhookRequest(method, "https://gateway.example/webhooks/stripe", Headers.of(headers), body, NOW)


VALIDATION = {"aeg-event-type": "SubscriptionValidation"}
NOT_ASKED = [
    ask("OPTIONS", {"WebHook-Request-Origin": "evil.example"}),
    ask("OPTIONS", {}),
    ask("GET", VALIDATION, b'[{"data":{"validationCode":"1"}}]'),
    ask("POST", {}, b'[{"data":{"validationCode":"1"}}]'),  # without the header
    ask("POST", VALIDATION, b'[{"data":{"validationCode":1}}]'),
    ask("POST", VALIDATION, b'[{"data":{"validationCode":"%s"}}]' % (b"1" * 2000)),
    ask("POST", VALIDATION, b'[{"data":{"validationCode":"1"}},{}]'),
    ask("POST", VALIDATION, b"{"),
]


@pytest.mark.parametrize("request_", NOT_ASKED, ids=range(len(NOT_ASKED)))
def test_nothing_else_is_a_validation(request_):
    assert Stripe({"envelope": "event_grid"}).handshake(request_, []) is None


def test_event_grid_may_ask_by_options_too():
    asked = ask("OPTIONS", {"WebHook-Request-Origin": "eventgrid.azure.net"})
    answer = Stripe({"envelope": "event_grid"}).handshake(asked, [])
    assert (answer.status, answer.headers["WebHook-Allowed-Origin"]) == (200, "eventgrid.azure.net")
    assert Stripe({"envelope": "eventbridge"}).handshake(asked, []) is None
    assert Stripe().handshake(asked, []) is None


WRONG = [
    {"envelope": "pubsub"},
    {"envelope_header": "X-Api-Key"},  # without an envelope
    {"envelope": "event_grid", "envelope_header": "X-Api-Key", "envelope_query": "code"},
    {"envelope": "event_grid", "envelope_header": "X Api Key"},
]


@pytest.mark.parametrize("options", WRONG, ids=str)
def test_wrong_options_are_refused(options):
    with pytest.raises(ValidationError):
        Stripe(options)
