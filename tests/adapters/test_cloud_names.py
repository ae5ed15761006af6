"""Names, odd bodies and set-up of the smaller adapters of clouds, identity, storage and messaging."""

import json

import pytest

import adapters
from adapters.base import Headers, PayloadError, StaleTimestamp, WebhookRequest
from adapters.naming import event_name
from adapters.plain import json_request

NOW = 1_800_000_000.0

NAMES = [
    ("aws_eventbridge", {"id": "1", "detail-type": "AWS API Call via X"}, "aws_api_call_via_x"),
    ("aws_eventbridge", {"id": "1", "detail-type": "OrderPlaced"}, "order_placed"),
    ("datadog", {"id": "1", "event_type": "a_monitor", "alert_transition": "No data"}, "a_monitor.no_data"),
    ("datadog", {"id": "1", "event_type": "a_monitor", "alert_transition": ""}, "a_monitor"),
    ("box", {"id": "1", "trigger": "COLLABORATION.ACCEPTED"}, "collaboration.accepted"),
    ("telegram", {"update_id": 1, "edited_channel_post": {"date": 1}}, "edited_channel_post"),
    ("segment", {"messageId": "1", "type": "identify"}, "identify"),
    ("customerio", {"event_id": "1", "object_type": "sms", "metric": "sent"}, "sms.sent"),
    ("circleci", {"id": "1", "type": "job-completed"}, "job-completed"),
    ("webflow", {"triggerType": "ecomm_new_order", "payload": {}}, "ecomm_new_order"),
    ("monday", {"event": {"triggerUuid": "1", "type": "create_update"}}, "create_update"),
    ("monday", {"type": "install", "data": {"app_id": 1}}, "install"),
    ("workos", {"id": "1", "event": "connection.activated"}, "connection.activated"),
    ("telnyx", {"data": {"id": "1", "event_type": "call.hangup"}}, "call.hangup"),
]


@pytest.mark.parametrize(("name", "document", "type"), NAMES)
def test_names(name, document, type):
    [event] = adapters.load(name)().parse(json_request(name, document, NOW))
    assert event_name(name, event.type) == f"{name}/{type}"


ODD = [
    ("dropbox", {"challenge": "x"}),
    ("telegram", {"update_id": 1}),
    ("telegram", {"update_id": 1, "message": {}, "poll": {}}),
    ("telegram", {"message": {}}),
    ("segment", [1]),
    ("segment", [{"type": "track"}]),
    ("okta", {"data": {"events": {}}}),
    ("auth0", [{"log_id": "1", "data": {"type": "s"}}, 7]),
    ("monday", {"challenge": "x"}),
]


@pytest.mark.parametrize(("name", "document"), ODD)
def test_odd_bodies_are_refused(name, document):
    with pytest.raises(PayloadError):
        adapters.load(name)().parse(json_request(name, document, NOW))


def test_okta_keeps_all_of_a_batch_with_a_duplicate_inside():
    items = [{"uuid": id, "eventType": "user.session.start"} for id in ("a", "b", "a")]
    document = {"eventId": "e1", "data": {"events": items}}
    events = adapters.load("okta")().parse(json_request("okta", document, NOW))
    assert [event.id for event in events] == ["a", "b", "a"]
    assert events[0].attributes["request_id"] == "e1"


def test_two_pings_of_dropbox_are_two_events_even_where_they_are_the_same():
    first = json_request("dropbox", {"list_folder": {"accounts": ["dbid:1"]}}, NOW)
    second = json_request("dropbox", {"list_folder": {"accounts": ["dbid:1"]}}, NOW + 1)
    [one], [other] = (adapters.load("dropbox")().parse(request) for request in (first, second))
    assert one.id != other.id


def test_a_plain_dropbox_or_okta_get_is_no_set_up():
    for name in ("dropbox", "okta", "microsoft_graph", "monday"):
        request = WebhookRequest("GET", f"https://gateway.example/webhooks/{name}?a=b", Headers([]), b"", NOW)
        assert adapters.load(name)().handshake(request, ["secret"]) is None


MONDAY = [
    b'{"challenge":"x","event":{}}',
    b'{"challenge":1}',
    b'["challenge"]',
    b"{",
    b'{"challenge":"%s"}' % (b"x" * 2000),
]


@pytest.mark.parametrize("body", MONDAY)
def test_monday_hears_back_a_challenge_and_nothing_else(body):
    request = json_request("monday", {}, NOW).with_body(body)
    assert adapters.load("monday")().handshake(request, ["secret"]) is None


@pytest.mark.parametrize("secret", ["with space", "x" * 257, "ümlaut"])
def test_telegram_refuses_a_token_that_setwebhook_would_not_take(secret):
    with pytest.raises(ValueError, match="secret"):
        adapters.load("telegram")().check_secret(secret)


def test_auth0_takes_a_secret_with_or_without_bearer():
    auth0 = adapters.load("auth0")()
    for secret in ("a-token", "Bearer a-token"):
        for header in ("a-token", "Bearer a-token"):
            assert auth0.verify(json_request("auth0", {}, NOW, {"Authorization": header}), [secret], NOW) == 0
    with pytest.raises(ValueError, match="empty"):
        auth0.check_secret("Bearer ")


def test_box_says_that_a_genuine_request_is_stale_whatever_its_letters():
    box = adapters.load("box")()
    request = json_request("box", {"id": "1", "trigger": "FILE.UPLOADED", "source": {"name": "ü"}}, NOW)
    with pytest.raises(StaleTimestamp):
        box.verify(box.sign(request, "a-key", NOW - 601), ["a-key"], NOW)


def test_box_takes_no_other_body_for_one_that_was_escaped():
    from adapters.box import _escaped

    assert _escaped('a"\\/\\"ü😀\n'.encode()) == b'a"\\/\\\\"\\u00fc\\ud83d\\ude00\\n'
    assert _escaped(b"\xff") == b"\xff", "bytes that are no text stand for themselves"
    assert json.loads(_escaped(json.dumps({"a": "ü"}, ensure_ascii=False).encode())) == {"a": "ü"}
