"""Twitch's challenge, revocation and batches; the vectors have the signatures."""

import orjson
import pytest

import adapters
from adapters.base import PayloadError, Reply

TWITCH = adapters.load("twitch")()
SUBSCRIPTION = {"id": "s1", "type": "drop.entitlement.grant", "version": "1", "status": "enabled"}


def request_of(**document: object):
    sample = TWITCH.sample("channel.follow", 0, "msg-1")
    return sample.with_body(orjson.dumps({"subscription": SUBSCRIPTION, **document}))


def test_the_challenge_alone_is_the_answer():
    reply = TWITCH.challenge(request_of(challenge="pogchamp"), [])
    assert reply == Reply(200, b"pogchamp", {"Content-Type": "text/plain"})


def test_a_challenge_is_answered_only_after_its_proof():
    assert TWITCH.handshake(request_of(challenge="pogchamp"), ["secret"]) is None


@pytest.mark.parametrize("challenge", ["", 7.5, "a\r\nSet-Cookie: x", ["x"], "x" * 300])
def test_a_challenge_that_is_no_short_text_is_refused(challenge):
    with pytest.raises(PayloadError):
        TWITCH.challenge(request_of(challenge=challenge), [])


def test_a_message_without_an_event_is_a_revocation():
    [event] = TWITCH.parse(request_of())
    assert (event.type, event.attributes["status"]) == ("revocation", "enabled")


def test_the_events_of_one_message_are_known_by_their_own_ids():
    events = TWITCH.parse(request_of(events=[{"id": "a"}, {"data": {}}, {"id": "a"}]))
    assert [event.id for event in events] == ["a", "msg-1:1", "a"]
    assert events[1].payload == {"data": {}}
    with pytest.raises(PayloadError):
        TWITCH.parse(request_of(events=[1]))
