"""The events of the GitHub adapter; its published example is in tests/vectors/github.json."""

import json
from urllib.parse import urlencode

import pytest

import adapters
from adapters.base import Headers, PayloadError, WebhookRequest

SECRET = "It's a Secret to Everybody"

GITHUB = adapters.load("github")()


def post(body: bytes, **headers: str) -> WebhookRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebhookRequest("POST", "https://gateway.example/webhooks/github", Headers.of(named), body, 0)


def event_of(document: object, event: str, **headers: str):
    body = json.dumps(document).encode()
    [parsed] = GITHUB.parse(post(body, X_GitHub_Event=event, X_GitHub_Delivery="guid-1", **headers))
    return parsed


TIME, MS = "2027-01-15T08:00:00Z", 1_800_000_000_000
EVENTS = [
    # event, body, type, time
    ("push", {"repository": {"pushed_at": 1_800_000_000}}, "push", MS),
    # a commit's time is its author's word, so it does not count
    ("push", {"head_commit": {"timestamp": "2099-01-01T00:00:00Z"}}, "push", None),
    ("ping", {"zen": "Design for failure.", "hook_id": 1}, "ping", None),
    ("pull_request", {"action": "opened", "pull_request": {"updated_at": TIME}}, "pull_request.opened", MS),
    # the object is named otherwise than the event
    (
        "issues",
        {"action": "closed", "issue": {"updated_at": TIME, "created_at": "2026"}},
        "issues.closed",
        MS,
    ),
    ("issue_comment", {"action": "created", "comment": {"created_at": TIME}}, "issue_comment.created", MS),
    # no time, an unreadable time, no object at all
    ("star", {"action": "created", "star": {}}, "star.created", None),
    ("release", {"action": "published", "release": {"updated_at": "soon"}}, "release.published", None),
    ("release", {"action": "published", "release": []}, "release.published", None),
]


@pytest.mark.parametrize(("event", "document", "type", "ts"), EVENTS)
def test_the_events(event, document, type, ts):
    parsed = event_of(document, event)
    assert (parsed.id, parsed.type, parsed.ts) == ("guid-1", type, ts)
    assert parsed.payload == document


def test_facts_of_the_hook_are_attributes():
    parsed = event_of({}, "ping", X_GitHub_Hook_ID="7", X_GitHub_Hook_Installation_Target_Type="organization")
    assert parsed.attributes == {"hook_id": "7", "target_type": "organization"}


FORM = "application/x-www-form-urlencoded"


def test_a_form_body_is_verified_as_it_came_and_its_payload_is_the_event():
    body = urlencode({"payload": '{"action":"opened","n":"a&b=c"}'}).encode()
    request = post(body, Content_Type=FORM, X_GitHub_Event="issues", X_GitHub_Delivery="guid-1")
    signed = GITHUB.sign(request, SECRET, 0)
    assert GITHUB.verify(signed, [SECRET], 0) == 0
    [parsed] = GITHUB.parse(signed)
    assert (parsed.type, parsed.payload) == ("issues.opened", {"action": "opened", "n": "a&b=c"})


MALFORMED = [
    # content type, body
    ("application/json", b""),
    ("application/json", b"[1]"),
    ("application/json", b"payload=%7B%7D"),  # a form that does not say so
    (FORM, b""),
    (FORM, b"other=%7B%7D"),
    (FORM, b"payload=%7B%7D&payload=%7B%7D"),  # two payloads
    (FORM, b"payload=%5B%5D"),  # JSON, but a list
    (FORM, b"\xff=1"),
    (FORM, b"&".join(b"a=1" for _ in range(100))),
]


@pytest.mark.parametrize(("content_type", "body"), MALFORMED)
def test_refuses_a_body_without_an_event(content_type, body):
    with pytest.raises(PayloadError):
        GITHUB.parse(post(body, Content_Type=content_type, X_GitHub_Event="push", X_GitHub_Delivery="1"))


@pytest.mark.parametrize("headers", [{"X_GitHub_Event": "push"}, {"X_GitHub_Delivery": "guid-1"}])
def test_names_the_header_that_is_missing(headers):
    with pytest.raises(PayloadError, match="header.X-GitHub-(Delivery|Event)"):
        GITHUB.parse(post(b"{}", **headers))


@pytest.mark.parametrize(
    "type", ["push", "ping", "issues.opened", "pull_request.closed", "deployment.created"]
)
def test_samples_are_told_apart_by_event_and_action(type):
    request = GITHUB.sample(type, 1_800_000_000, "guid-1")
    [parsed] = GITHUB.parse(request)
    assert parsed.type == type
    assert request.headers.get("X-GitHub-Event") == type.partition(".")[0]
    assert parsed.ts == (None if type == "ping" else MS)


def test_remembers_ids_for_as_long_as_a_delivery_can_be_sent_again():
    assert GITHUB.retry_horizon == 3 * 24 * 3600
