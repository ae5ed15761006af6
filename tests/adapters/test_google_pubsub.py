"""Google Pub/Sub: names, keys and unwrapped messages; the vectors show the tokens."""

import pytest
from pydantic import ValidationError

import adapters
from adapters.base import Headers, WebhookRequest
from adapters.plain import json_request

NOW = 1_800_000_000.0
PubSub = adapters.load("google_pubsub")
ADAPTER = PubSub({"service_account": "push@my-project.iam.gserviceaccount.com"})


@pytest.mark.parametrize("options", [{}, {"service_account": ""}, {"service_account": "push"}])
def test_the_account_must_be_stated(options):
    with pytest.raises(ValidationError):
        PubSub(options)


TYPES = [
    ({}, "message"),
    ({"eventType": "OBJECT_FINALIZE"}, "OBJECT_FINALIZE"),
    ({"ce-type": "google.cloud.storage.object.v1.finalized"}, "google.cloud.storage.object.v1.finalized"),
    ({"eventType": "two words"}, "message"),  # someone's own attribute, which cannot be a name
    ({"eventType": 7}, "message"),
]


@pytest.mark.parametrize(("attributes", "type"), TYPES)
def test_the_type_is_googles_attribute(attributes, type):
    message = {"messageId": "1", "attributes": attributes}
    [event] = ADAPTER.parse(json_request("google_pubsub", {"message": message, "subscription": "s"}, NOW))
    assert (event.type, event.id, event.key) == (type, "1", "s:1")


@pytest.mark.parametrize(
    ("body", "payload"),
    [(b'{"order":1}', {"order": 1}), (b"\xff\x00", {"data": "/wA="}), (b"", {"data": ""})],
)
def test_an_unwrapped_message_has_its_facts_in_headers(body, payload):
    headers = {
        "x-goog-pubsub-message-id": "2",
        "x-goog-pubsub-subscription-name": "projects/p/subscriptions/s",
        "x-goog-pubsub-publish-time": "2027-01-15T08:00:00Z",
        "eventType": "OBJECT_DELETE",
    }
    request = WebhookRequest("POST", "https://gateway.example/", Headers.of(headers), body, NOW)
    [event] = ADAPTER.parse(request)
    assert (event.id, event.key, event.type) == ("2", "projects/p/subscriptions/s:2", "OBJECT_DELETE")
    assert (event.payload, event.ts) == (payload, 1_800_000_000_000)
