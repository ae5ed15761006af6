"""What triggers send, and the published secret; the rest is in tests/vectors/zendesk.json."""

import pytest

import adapters
from adapters.base import Headers, PayloadError, WebhookRequest
from adapters.zendesk import PUBLISHED

ZENDESK = adapters.load("zendesk")()
FORM = "application/x-www-form-urlencoded"

BODIES = [
    # content type, body, payload
    ("application/json", b'{"id":"7","type":"urgent"}', {"id": "7", "type": "urgent"}),
    ("application/json", b"[1]", {"body": "[1]"}),
    ("application/json", b'"text"', {"body": '"text"'}),
    ("application/json", b"{", {"body": "{"}),
    ("application/xml", "<t>é</t>".encode(), {"body": "<t>é</t>"}),
    (FORM, b"a=1&b=2&b=3", {"a": "1", "b": ["2", "3"]}),
    (FORM, b"", {}),
]


@pytest.mark.parametrize(("content_type", "body", "payload"), BODIES)
def test_a_trigger_may_send_anything(content_type, body, payload):
    headers = Headers.of({"Content-Type": content_type, "X-Zendesk-Webhook-Invocation-Id": "i1"})
    [event] = ZENDESK.parse(WebhookRequest("PUT", "https://gateway.example/", headers, body, 0))
    assert (event.id, event.type, event.payload) == ("i1", "trigger", payload)


@pytest.mark.parametrize("body", [b"\xff", b'{"type":"zen:event-type:ticket.created"}', b"x"])
def test_refuses_bytes_that_are_no_text_and_events_without_an_id(body):
    with pytest.raises(PayloadError):
        ZENDESK.parse(WebhookRequest("POST", "https://gateway.example/", Headers([]), body, 0))


def test_the_published_secret_is_refused_and_not_shown():
    with pytest.raises(ValueError, match="Zendesk publishes") as refused:
        ZENDESK.check_secret(f" {PUBLISHED}")
    assert PUBLISHED not in str(refused.value)


def test_samples_of_both_kinds():
    types = [ZENDESK.parse(ZENDESK.sample(type, 0, "1"))[0].type for type in ("user.created", "trigger")]
    assert types == ["user.created", "trigger"]
