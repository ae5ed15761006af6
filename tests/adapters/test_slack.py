"""What the vectors of Slack do not say; most of it is in tests/vectors/slack.json."""

import json
from urllib.parse import urlencode

import pytest

import adapters
from adapters.base import Headers, PayloadError, WebhookRequest

SLACK = adapters.load("slack")()
NOW = 1_800_000_000


def post(body: bytes | str, method: str = "POST") -> WebhookRequest:
    raw = body.encode() if isinstance(body, str) else body
    return WebhookRequest(method, "https://gateway.example/webhooks/slack", Headers([]), raw, NOW)


CHECKS = [
    # method, body, whether it is Slack's look at the certificate
    ("POST", "ssl_check=1", True),
    ("POST", "token=x&ssl_check=1&team_id=T1", True),
    ("GET", "ssl_check=1", False),
    ("POST", "ssl_check=0", False),
    ("POST", "ssl_check=1&ssl_check=1", False),
    # genuine requests must be signed, whatever else they say
    ("POST", "ssl_check=1&command=%2Fdeploy", False),
    ("POST", "ssl_check=1&payload=%7B%7D", False),
    ("POST", '{"ssl_check":1}', False),
    ("POST", b"ssl_check=1&x=\xff", False),
    ("POST", "", False),
]


@pytest.mark.parametrize(("method", "body", "is_check"), CHECKS)
def test_answers_a_look_at_the_certificate_and_nothing_else_unsigned(method, body, is_check):
    reply = SLACK.handshake(post(body, method), [])
    assert (reply is not None) == is_check
    assert reply is None or (reply.status, reply.body) == (200, b"")


COMMANDS = [
    # command, type
    ("/weather", "command.weather"),
    ("/weather-now_2", "command.weather-now_2"),
    ("/天気", "command"),  # no event's name can hold it
    ("/a/b", "command"),
    ("weather", "command"),
    ("/" + "a" * 101, "command"),
]


@pytest.mark.parametrize(("command", "type"), COMMANDS)
def test_a_command_names_its_event(command, type):
    [event] = SLACK.parse(post(urlencode({"command": command, "trigger_id": "1.2", "team_id": "T1"})))
    assert (event.id, event.type, event.ts) == ("1.2", type, None)
    assert event.attributes == {"team": "T1", "command": command}


TIMES = [
    ({"action_ts": "1800000000.5"}, 1_800_000_000_500),
    ({"actions": [{"action_ts": "1800000000"}]}, 1_800_000_000_000),
    ({"action_ts": "soon", "actions": [{"action_ts": "1800000000.25"}]}, 1_800_000_000_250),
    ({"action_ts": 1_800_000_000, "actions": []}, None),
    ({"actions": ["x"]}, None),
    ({"actions": "x"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("fields", "ts"), TIMES)
def test_the_time_of_an_interaction(fields, ts):
    payload = SLACK.sample("view_closed", NOW, "1.2").form["payload"][0]
    document = {**json.loads(payload), "action_ts": None, **fields}
    [event] = SLACK.parse(post(urlencode({"payload": json.dumps(document)})))
    assert event.ts == ts and event.payload == document


@pytest.mark.parametrize(
    "body",
    ["", "x=1", "payload=1", "payload=%5B%5D", "payload=%7B%7D", "payload=%7B%7D&payload=%7B%7D", "{", "{}",
     "command=", '{"event":1}', '{"type":"url_verification"}'],
)  # fmt: skip
def test_refuses_a_body_without_an_event(body):
    with pytest.raises(PayloadError):
        SLACK.challenge(post(body), []) or SLACK.parse(post(body))


def test_an_interaction_without_a_trigger_has_the_digest_for_an_id():
    body = urlencode({"payload": '{"type":"block_suggestion"}'})
    [first], [second] = SLACK.parse(post(body)), SLACK.parse(post(body + "&x=1"))
    assert len(first.id) == 64 and first.id != second.id


@pytest.mark.parametrize(
    "type", ["app_mention", "message.channel_join", "block_actions", "shortcut", "command.deploy"]
)
def test_samples_of_all_three_kinds(type):
    [event] = SLACK.parse(SLACK.sample(type, NOW, "Ev1"))
    assert (event.id, event.type) == ("Ev1", type)


def test_says_that_it_was_sent_again():
    [event] = SLACK.parse(SLACK.sample("app_mention", NOW, "Ev1").with_headers({"X-Slack-Retry-Num": "2"}))
    assert event.attributes["retry"] == "2"


def test_the_answer_to_a_click_or_a_command_is_empty():
    answers = [SLACK.reply(SLACK.sample(type, NOW, "1")) for type in ("block_actions", "command.x")]
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"")] * 2
    assert SLACK.reply(SLACK.sample("app_mention", NOW, "1")) is None
