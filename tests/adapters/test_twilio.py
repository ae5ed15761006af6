"""Twilio's forms: what they are about, their ids, their answers; its signatures are in the vectors."""

from urllib.parse import urlencode

import orjson
import pytest

import adapters
from adapters.base import Headers, PayloadError, VerificationError, WebhookRequest

TWILIO = adapters.load("twilio")()
URL = "https://gateway.example/webhooks/twilio"


def form(url: str = URL, **fields: str) -> WebhookRequest:
    headers = Headers.of({"Content-Type": "application/x-www-form-urlencoded"})
    return WebhookRequest("POST", url, headers, urlencode(fields).encode(), 0)


FORMS = [
    # fields, the id's beginning, type
    ({"MessageSid": "SM1", "SmsStatus": "received"}, "SM1:received", "message.received"),
    ({"SmsSid": "SM1", "Body": "old"}, "SM1:received", "message.received"),
    # MessageStatus is the newer word and goes first
    ({"MessageSid": "SM1", "MessageStatus": "read", "SmsStatus": "sent"}, "SM1:read", "message.read"),
    ({"CallSid": "CA1", "CallStatus": "ringing", "SequenceNumber": "0"}, "CA1:ringing:0", "call.ringing"),
    # a recording names its call too, a message of a conversation both
    ({"RecordingSid": "RE1", "CallSid": "CA", "RecordingStatus": "absent"}, "RE1:absent", "recording.absent"),
    ({"ConferenceSid": "CF1", "CallSid": "CA1", "StatusCallbackEvent": "conference-end"},
     "CF1:conference-end:", "conference.conference-end"),
    ({"ConversationSid": "CH1", "MessageSid": "IM1", "EventType": "onMessageAdded"},
     "CH1:onMessageAdded:", "conversation.onMessageAdded"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "id", "type"), FORMS)
def test_what_a_form_is_about(fields, id, type):
    [event] = TWILIO.parse(form(AccountSid="AC1", **fields))
    assert event.id.startswith(id)
    assert event.type == type
    assert event.attributes == {"account": "AC1"}
    assert event.payload["AccountSid"] == "AC1"


def test_a_form_of_an_unknown_kind_is_known_by_its_digest():
    [first], [again], [other] = (TWILIO.parse(form(FaxStatus=text)) for text in ("sent", "sent", "failed"))
    assert first.type == "request.received"
    assert first.id == again.id != other.id


def test_the_steps_of_one_call_are_events_of_their_own():
    step = {"CallSid": "CA1", "CallStatus": "in-progress"}
    requests = [form(**step, Digits="1"), form(**step, Digits="2"), form(URL + "?menu=2", **step, Digits="1")]
    ids = [TWILIO.parse(request)[0].id for request in [*requests, *requests]]
    assert len(set(ids)) == 3
    assert ids[:3] == ids[3:]


def test_a_form_is_answered_with_twiml_that_asks_for_nothing():
    reply = TWILIO.reply(form(MessageSid="SM1"))
    assert reply is not None
    assert reply.headers == {"Content-Type": "text/xml"}
    assert reply.body.endswith(b"<Response/>")
    assert TWILIO.reply(TWILIO.sample("com.twilio.x", 0, "1")) is None


BATCH = [{"id": "EZ1", "type": "a.b", "time": "2027-01-15T08:00:00Z"}, {"id": "EZ2", "type": "a.b"}]


def test_event_streams_send_one_cloudevent_or_several():
    request = WebhookRequest("POST", URL, Headers.of({"Content-Type": "application/json"}), b"", 0)
    several = TWILIO.parse(request.with_body(orjson.dumps(BATCH)))
    assert [(event.id, event.ts) for event in several] == [("EZ1", 1_800_000_000_000), ("EZ2", None)]
    assert [event.id for event in TWILIO.parse(request.with_body(orjson.dumps(BATCH[1])))] == ["EZ2"]
    for body in (b"[1]", b"1", b'"x"', b"{", b"[null]"):
        with pytest.raises(PayloadError):
            TWILIO.parse(request.with_body(body))


@pytest.mark.parametrize("body", [b"a", b"a=%zz", b"a=\xff", b"&".join([b"a=1"] * 1001)])
def test_a_body_that_is_no_form_proves_nothing(body):
    request = form(MessageSid="SM1").with_body(body).with_headers({"X-Twilio-Signature": "x" * 28})
    with pytest.raises(VerificationError):
        TWILIO.verify(request, ["token"], 0)


def test_a_repeated_digest_in_the_url_is_refused():
    request = TWILIO.sign(TWILIO.sample("com.twilio.x", 0, "1"), "token", 0)
    assert TWILIO.verify(request, ["token"], 0) == 0
    with pytest.raises(VerificationError, match="bodySHA256 2 times"):
        TWILIO.verify(request.with_url(request.url + "&bodySHA256=00"), ["token"], 0)
