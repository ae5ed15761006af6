"""Xero's intent to receive, and its batches; signatures are in the vectors."""

import json

import pytest

import adapters
from adapters.base import Headers, PayloadError, Reply, WebhookRequest

XERO = adapters.load("xero")()
ITEM = {
    "resourceId": "r1", "tenantId": "t1", "eventType": "Update", "eventCategory": "INVOICE",
    "eventDateUtc": "2027-01-15T08:00:00.000",
}  # fmt: skip


def post(document: object) -> WebhookRequest:
    body = json.dumps(document).encode()
    return WebhookRequest("POST", "https://gateway.example/", Headers([]), body, 0)


def test_an_intent_to_receive_is_answered_without_a_body():
    assert XERO.challenge(post({"events": [], "entropy": "x"}), ["key"]) == Reply(200)


@pytest.mark.parametrize("document", [{"events": [ITEM]}, {"events": None}, {}, {"events": {}}])
def test_another_request_is_no_intent(document):
    assert XERO.challenge(post(document), ["key"]) is None


def test_events_are_answered_without_a_body_too():
    assert XERO.reply(post({"events": [ITEM]})) == Reply(200)


def test_one_change_has_one_id_and_the_next_another():
    later = {**ITEM, "eventDateUtc": "2027-01-15T08:00:01.000"}
    created = {**ITEM, "eventType": "Create"}
    first, again, second, third = XERO.parse(post({"events": [ITEM, ITEM, later, created]}))
    assert first.id == again.id
    assert len({first.id, second.id, third.id}) == 3
    assert (first.type, first.ts, third.type) == ("invoice.update", 1_800_000_000_000, "invoice.create")
    assert first.attributes == {"tenant_id": "t1", "resource_id": "r1"}


def test_a_batch_with_something_else_in_it_is_refused_whole():
    with pytest.raises(PayloadError):
        XERO.parse(post({"events": [ITEM, {"resourceId": "r2"}]}))
