"""Meta: what of a webhook is an event, and what makes its id; the vectors show the signatures."""

import pytest

import adapters
from adapters.base import PayloadError
from adapters.plain import json_request

NOW = 1_800_000_000.0
Meta = adapters.load("meta")


def parse(noun, *entries):
    return Meta().parse(json_request("meta", {"object": noun, "entry": list(entries)}, NOW))


def talk(**item):
    return {"id": "1", "time": 1_800_000_000_000, "messaging": [{"timestamp": 1_799_999_999_000, **item}]}


NAMES = [
    (talk(message={"mid": "m1"}), "page.messages", "m1"),
    (talk(message={"mid": "m1", "is_echo": True}), "page.message_echoes", "m1"),
    (talk(postback={"mid": "m2", "payload": "GO"}), "page.messaging_postbacks", "m2"),
    (
        talk(reaction={"mid": "m1", "action": "react"}),
        "page.message_reactions",
        None,
    ),  # the message's own mid
    (talk(read={"watermark": 1}), "page.message_reads", None),
    (talk(delivery={"mids": ["m1"]}), "page.message_deliveries", None),
    (talk(surprise={}), "page.messaging", None),
    ({"id": "1", "time": 1, "changes": [{"field": "feed", "value": {"id": "x"}}]}, "page.feed", None),
    ({"id": "1", "time": 1, "changes": [{"field": "feed", "value": "text"}]}, "page.feed", None),
    ({"id": "1", "time": 1, "changed_fields": ["photos"]}, "page.photos", None),
]


@pytest.mark.parametrize(("entry", "type", "id"), NAMES)
def test_names_and_ids(entry, type, id):
    [event] = parse("page", entry)
    assert event.type == type
    assert event.id == id if id else len(event.id) == 64


def test_the_same_change_at_another_time_is_another_event():
    changes = [{"field": "feed", "value": {"verb": "add"}}]
    first, second = ({"id": "1", "time": time, "changes": changes} for time in (1, 2))
    assert len({event.id for event in parse("page", first, second, first)}) == 2


def test_a_batch_with_a_duplicate_inside_keeps_all_and_gives_each_its_own_message():
    messages = [{"id": "wamid.1"}, {"id": "wamid.2"}, {"id": "wamid.1"}]
    statuses = [{"id": "wamid.1", "status": "sent"}, {"id": "wamid.1", "status": "read"}]
    value = {"metadata": {"phone_number_id": "7"}, "messages": messages, "statuses": statuses}
    events = parse(
        "whatsapp_business_account", {"id": "1", "changes": [{"field": "messages", "value": value}]}
    )
    assert [event.id for event in events] == ["wamid.1", "wamid.2", "wamid.1", "wamid.1:sent", "wamid.1:read"]
    assert events[1].payload["value"] == {
        "metadata": {"phone_number_id": "7"},
        "messages": [{"id": "wamid.2"}],
    }


@pytest.mark.parametrize("entry", [{"changes": {}}, {"changes": [1]}, {"messaging": "x"}, {"changes": [{}]}])
def test_odd_bodies_are_refused(entry):
    with pytest.raises(PayloadError):
        parse("page", entry)


def test_without_a_verify_token_no_one_is_answered():
    url = "https://gateway.example/?hub.mode=subscribe&hub.verify_token=&hub.challenge=1"
    asked = json_request("meta", {}, NOW).with_url(url)
    asked = type(asked)("GET", url, asked.headers, b"", NOW)
    assert Meta().handshake(asked, ["app-secret"]).status == 403
    assert Meta({"verify_token": "x"}).handshake(asked, ["app-secret"]).status == 403


def test_the_verify_token_is_not_shown():
    assert "4711" not in repr(Meta({"verify_token": "token-4711"}).options)
