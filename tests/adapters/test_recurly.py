"""The two shapes of Recurly's JSON; signatures are in the vectors."""

import json

import pytest

import adapters
from adapters.base import Headers, PayloadError, WebhookRequest

RECURLY = adapters.load("recurly")()


def parse(document: object):
    body = json.dumps(document).encode()
    return RECURLY.parse(WebhookRequest("POST", "https://gateway.example/", Headers([]), body, 0))


def test_a_change_is_named_by_object_and_event():
    [event] = parse({"id": "o1", "object_type": "charge_invoice", "event_type": "paid", "account_code": "a"})
    assert event.type == "charge_invoice.paid"
    assert event.attributes == {"object_id": "o1", "account_code": "a"}


def test_a_notification_is_named_by_its_only_key():
    [event] = parse({"successful_payment_notification": {"account": {}}})
    assert (event.type, event.ts) == ("successful_payment_notification", None)


@pytest.mark.parametrize(
    "document",
    [{}, [], {"a": 1}, {"a": {}, "b": {}}, {"": {}, "x": 1}, {"event_type": "created"}, {"a|b": []}],
)
def test_another_shape_is_refused(document):
    with pytest.raises(PayloadError):
        parse(document)
