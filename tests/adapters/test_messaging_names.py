"""Samples of the messaging, AI and form providers: each is genuine, and named and known as its page says."""

import orjson
import pytest

import adapters
from adapters.base import PayloadError
from adapters.naming import event_name

NOW, MS = 1_800_000_000.0, 1_800_000_000_000
SAMPLES = {
    "anthropic": ["session.status_idled", "vault_credential.refresh_failed"],
    "calendly": ["invitee.created", "invitee.canceled", "routing_form_submission.created"],
    "clerk": ["user.created", "session.ended", "organization.created"],
    "deepgram": ["transcription.completed", "analysis.completed", "request.failed"],
    "docusign": ["envelope-completed", "recipient-completed"],
    "elevenlabs": ["post_call_transcription", "post_call_audio", "voice_removed"],
    "hubspot": ["contact.creation", "contact.propertyChange", "object.creation"],
    "mailgun": ["delivered", "failed", "inbound"],
    "openai": ["response.completed", "batch.failed", "realtime.call.incoming"],
    "postmark": ["delivery", "bounce", "spam_complaint", "open", "subscription_change",
                 "smtp_api_error", "inbound"],
    "replicate": ["prediction.succeeded", "prediction.failed", "training.succeeded"],
    "resend": ["email.delivered", "contact.created", "domain.updated"],
    "sendgrid": ["delivered", "bounce", "group_unsubscribe"],
    "twilio": ["message.received", "message.delivered", "call.in-progress", "recording.completed",
               "conference.participant-join", "conversation.onMessageAdded",
               "com.twilio.messaging.message.sent"],
    "twitch": ["channel.follow", "stream.online", "revocation"],
    "typeform": ["form_response", "form_response_partial"],
}  # fmt: skip
CASES = [(name, type) for name, types in SAMPLES.items() for type in types]


@pytest.mark.parametrize(("name", "type"), CASES, ids=[f"{name}-{type}" for name, type in CASES])
def test_a_sample_of_each_type_is_genuine_and_named_so(name, type):
    adapter = adapters.load(name)()
    secret = adapter.generate_secret()
    request = adapter.sign(adapter.sample(type, NOW, "evt_1"), secret, NOW)
    assert adapter.verify(request, [secret], NOW) == 0
    [event] = adapter.parse(request)
    assert event_name(name, event.type) == f"{name}/{type}"
    assert event.ts in (MS, None)


BATCHES = {
    # adapter: the keys of an item's id and of its type
    "sendgrid": ("sg_event_id", "event"),
    "hubspot": ("eventId", "subscriptionType"),
}


@pytest.mark.parametrize("name", BATCHES)
def test_a_duplicate_inside_a_batch_has_the_key_of_the_first_and_harms_no_other(name):
    adapter, (id, type) = adapters.load(name)(), BATCHES[name]
    sample = adapter.sample(adapter.first_sample, NOW, "1")
    [item] = sample.document
    body = orjson.dumps([item, {**item, id: "2"}, {**item, "attempt": 2}])
    events = adapter.parse(sample.with_body(body))
    keys = [event.key or event.id for event in events]
    assert [event.id for event in events] == ["1", "2", "1"]
    assert keys[0] == keys[2] != keys[1]
    assert events[2].payload["attempt"] == 2
    assert all(event.type == item[type] for event in events)


@pytest.mark.parametrize("name", BATCHES)
@pytest.mark.parametrize("body", [b"{}", b"[1]", b"[[]]", b"null", b"[{}]", b""])
def test_a_batch_of_other_things_is_refused_whole(name, body):
    adapter = adapters.load(name)()
    request = adapter.sample(adapter.first_sample, NOW, "1").with_body(body)
    with pytest.raises(PayloadError):
        adapter.parse(request)


def test_an_empty_batch_is_no_event():
    for name in BATCHES:
        adapter = adapters.load(name)()
        assert adapter.parse(adapter.sample(adapter.first_sample, NOW, "1").with_body(b"[]")) == []
