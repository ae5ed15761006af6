"""Discord's odd bodies and answers; the rest is in tests/vectors/discord.json."""

import pytest

import adapters
from adapters.base import PayloadError
from adapters.plain import json_request

DISCORD = adapters.load("discord")()
NOW = 1_800_000_000

# Neither an event nor an interaction that is known, nor a ping; True is no 1.
ODD = [{}, {"type": 6}, {"type": True}, {"type": False}, {"type": "2"}, {"type": None}, {"type": 1.0}]


@pytest.mark.parametrize("document", ODD)
def test_what_is_not_known_is_neither_answered_nor_taken(document):
    request = json_request("discord", {"id": "1", **document}, NOW)
    assert DISCORD.challenge(request, []) is None and DISCORD.reply(request) is None
    with pytest.raises(PayloadError):
        DISCORD.parse(request)


def test_type_1_is_a_ping_only_without_an_event():
    ping, event = json_request("discord", {"type": 1}, NOW), DISCORD.sample("entitlement_create", NOW, "1")
    assert DISCORD.challenge(ping, []).body == b'{"type":1}'
    assert event.json["type"] == 1 and DISCORD.challenge(event, []) is None
    assert [one.type for one in DISCORD.parse(event)] == ["entitlement_create"]


IDS = [("175928847299117063", 1462015105796), ("1", None), ("evt_1", None), ("9" * 21, None)]


@pytest.mark.parametrize(("id", "ts"), IDS)
def test_an_interactions_id_tells_its_time(id, ts):
    [event] = DISCORD.parse(DISCORD.sample("interaction.message_component", NOW, id))
    assert (event.id, event.type, event.ts) == (id, "interaction.message_component", ts)


def test_an_answer_to_an_interaction_has_a_content_type():
    reply = DISCORD.reply(DISCORD.sample("interaction.modal_submit", NOW, "1"))
    assert (reply.status, reply.headers) == (200, {"Content-Type": "application/json"})
