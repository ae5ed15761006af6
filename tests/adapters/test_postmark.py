"""What makes Postmark's events different from each other."""

import orjson
import pytest

import adapters

POSTMARK = adapters.load("postmark")()
TIME = "2027-01-15T08:00:00Z"
OPEN = {"RecordType": "Open", "MessageID": "m1", "Recipient": "zoe@example.com", "ReceivedAt": TIME}
BOUNCE = {"RecordType": "Bounce", "MessageID": "m1", "ID": 42, "BouncedAt": TIME}


def event_of(document: dict[str, object]):
    request = POSTMARK.sample("delivery", 0, "m1").with_body(orjson.dumps(document))
    return POSTMARK.parse(request)[0]


DIFFERENT = [
    # two bodies that are two events
    (OPEN, {**OPEN, "ReceivedAt": "2027-01-15T09:00:00Z"}),
    (OPEN, {**OPEN, "Recipient": "yan@example.com"}),
    (OPEN, {**OPEN, "RecordType": "Delivery"}),
    ({**OPEN, "RecordType": "Click", "OriginalLink": "https://a.example"}, {**OPEN, "RecordType": "Click"}),
    (BOUNCE, {**BOUNCE, "ID": 43}),
    ({"MessageID": "m1"}, {"MessageID": "m2"}),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_events_that_are_two(one, other):
    assert event_of(one).id == event_of(dict(one)).id != event_of(other).id


TYPES = [
    # RecordType, type
    ("SpamComplaint", "spam_complaint"),
    ("SubscriptionChange", "subscription_change"),
    ("SMTPApiError", "smtp_api_error"),
    ("SomethingNew", "something_new"),
]


@pytest.mark.parametrize(("record", "type"), TYPES)
def test_names_are_in_small_letters(record, type):
    assert event_of({**OPEN, "RecordType": record}).type == type


def test_a_bounce_without_an_id_is_known_by_its_message():
    without = {key: value for key, value in BOUNCE.items() if key != "ID"}
    assert event_of(without).id == "m1:Bounce:::"
    assert event_of({**BOUNCE, "ID": 0}).id == "m1:Bounce:::"
