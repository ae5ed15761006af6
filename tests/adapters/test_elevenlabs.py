"""What ElevenLabs' events are about, and so are known by."""

import orjson
import pytest

import adapters

ELEVENLABS = adapters.load("elevenlabs")()

SUBJECTS = [
    # data, the id's beginning; None: the digest
    ({"conversation_id": "c1", "agent_id": "a1"}, "c1:"),
    ({"request_id": "r1"}, "r1:"),
    ({"voice_id": "v1"}, "v1:"),
    ({"other": 1}, None),
    ({}, None),
    (None, None),
]


@pytest.mark.parametrize(("data", "id"), SUBJECTS)
def test_what_an_event_is_known_by(data, id):
    body = orjson.dumps({"type": "x", "event_timestamp": 1_800_000_000, "data": data})
    [event] = ELEVENLABS.parse(ELEVENLABS.sample("x", 0, "1").with_body(body))
    assert event.id == f"{id}x:1800000000" if id else len(event.id) == 64
    assert event.ts == 1_800_000_000_000


def test_two_events_about_one_conversation_are_two():
    ids = {ELEVENLABS.parse(ELEVENLABS.sample(type, 0, "c1"))[0].id for type in ("post_call_audio", "other")}
    assert len(ids) == 2
