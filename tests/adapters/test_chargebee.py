"""Chargebee's events; credentials are in the vectors."""

import json

import adapters
from adapters.base import Headers, WebhookRequest

CHARGEBEE = adapters.load("chargebee")()


def test_an_event_is_read_with_its_version_and_source():
    body = {
        "id": "ev_1",
        "event_type": "invoice_generated",
        "occurred_at": 1_800_000_000,
        "api_version": "v2",
    }
    request = WebhookRequest(
        "POST", "https://x.example/", Headers([]), json.dumps(body | {"source": "api"}).encode(), 0
    )
    [event] = CHARGEBEE.parse(request)
    assert (event.id, event.type, event.ts) == ("ev_1", "invoice_generated", 1_800_000_000_000)
    assert (event.version, event.attributes) == ("v2", {"source": "api"})


def test_the_gateway_keeps_the_credentials_to_itself():
    assert CHARGEBEE.secret_headers() == {"authorization"}
    assert not CHARGEBEE.signs_body
