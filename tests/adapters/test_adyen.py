"""The items of Adyen's webhooks; signatures are in the vectors."""

import json

import pytest

import adapters
from adapters.base import Headers, PayloadError, WebhookRequest

ADYEN = adapters.load("adyen")()
KEY = "44" * 32


def post(document: object, **headers: str) -> WebhookRequest:
    body = json.dumps(document).encode()
    return WebhookRequest("POST", "https://gateway.example/", Headers.of(headers), body, 0)


def items(*found: object) -> dict[str, object]:
    return {"live": "true", "notificationItems": [{"NotificationRequestItem": item} for item in found]}


def item(code: str = "AUTHORISATION", **more: object) -> dict[str, object]:
    return {"pspReference": "p1", "eventCode": code, "success": "true", **more}


@pytest.mark.parametrize(
    ("code", "type"),
    [
        ("AUTHORISATION", "authorisation"),
        ("CANCEL_OR_REFUND", "cancel_or_refund"),
        ("REPORT_AVAILABLE", "report_available"),
    ],
)
def test_an_event_code_becomes_a_name(code, type):
    [event] = ADYEN.parse(post(items(item(code))))
    assert event.type == type


def test_a_failure_after_a_success_is_another_event():
    ids = [event.id for event in ADYEN.parse(post(items(item(), item(success="false"), item("CAPTURE"))))]
    assert ids == ["p1:AUTHORISATION:true", "p1:AUTHORISATION:false", "p1:CAPTURE:true"]


def test_account_and_mode_can_be_filtered_by():
    [event] = ADYEN.parse(post(items(item(merchantAccountCode="Shop"))))
    assert event.attributes == {"live": "true", "merchant_account": "Shop"}
    assert event.payload["pspReference"] == "p1"


@pytest.mark.parametrize(
    "document",
    [
        {"notificationItems": []},
        {"notificationItems": {"NotificationRequestItem": {}}},
        {"notificationItems": [{"NotificationRequestItem": None}]},
        items(item(), {"eventCode": "CAPTURE"}) | {"notificationItems": [{}]},
        {"data": {}},  # of a platform, without a type
        [],
    ],
)
def test_what_is_no_notification_is_refused(document):
    with pytest.raises(PayloadError):
        ADYEN.parse(post(document))


def test_a_sample_of_either_family_proves_itself():
    for type in ("refund", "balancePlatform.transfer.updated"):
        request = ADYEN.sign(ADYEN.sample(type, 1_800_000_000, "evt_1"), KEY, 1_800_000_000)
        assert ADYEN.verify(request, [KEY], 1_800_000_000) == 0
        assert [event.type for event in ADYEN.parse(request)] == [type]
        assert ADYEN.expected(request, KEY)


def test_adyen_hears_accepted():
    reply = ADYEN.reply(post(items(item())))
    assert (reply.status, reply.body) == (200, b"[accepted]")
