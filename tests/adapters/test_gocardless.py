"""Batches of GoCardless; signatures are in the vectors."""

import json

import pytest

import adapters
from adapters.base import Headers, PayloadError, WebhookRequest

GOCARDLESS = adapters.load("gocardless")()


def parse(document: object):
    body = json.dumps(document).encode()
    return GOCARDLESS.parse(WebhookRequest("POST", "https://gateway.example/", Headers([]), body, 0))


def item(id: str, action: str = "cancelled", **more: object) -> dict[str, object]:
    return {"id": id, "resource_type": "mandates", "action": action, **more}


def test_each_event_has_its_own_id_and_a_repeated_one_is_kept_for_the_store_to_judge():
    events = parse({"events": [item("EV1"), item("EV2", "created"), item("EV1")]})
    assert [(event.id, event.type) for event in events] == [
        ("EV1", "mandates.cancelled"), ("EV2", "mandates.created"), ("EV1", "mandates.cancelled"),
    ]  # fmt: skip
    assert events[0].payload == item("EV1")


def test_the_webhook_and_the_merchant_can_be_filtered_by():
    links = {"mandate": "MD1", "organisation": "OR1"}
    [event] = parse({"events": [item("EV1", links=links)], "meta": {"webhook_id": "WB1"}})
    assert event.attributes == {"webhook_id": "WB1", "organisation": "OR1"}


@pytest.mark.parametrize(
    "document",
    [
        {"events": [item("EV1"), {"id": "EV2"}]},  # one without a type spoils the batch
        {"events": [item("EV1"), "EV2"]},
        {"events": {"0": item("EV1")}},
        {},
        [],
    ],
)
def test_a_batch_is_taken_whole_or_not_at_all(document):
    with pytest.raises(PayloadError):
        parse(document)
