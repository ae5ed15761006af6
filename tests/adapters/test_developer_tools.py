"""Providers that are declarations only: what of a body becomes the type, the id, the time and the attributes.

Their signatures are in tests/vectors/.
"""

import pytest
from pydantic import ValidationError

import adapters
from adapters.base import Headers, PayloadError, VerificationError, WebhookRequest
from adapters.plain import json_request

NOW, ISO, MS = 1_800_000_000, "2027-01-15T08:00:00Z", 1_800_000_000_000

EVENTS = [
    # adapter, headers, body, (id, type, time), some attributes
    (
        "intercom", {}, {"id": "n1", "topic": "contact.signed_up", "created_at": NOW, "app_id": "w1"},
        ("n1", "contact.signed_up", MS), {"app": "w1"},
    ),
    (
        "sentry", {"Request-ID": "q1", "Sentry-Hook-Resource": "metric_alert"},
        {"action": "critical", "installation": {"uuid": "i1"}},
        ("q1", "metric_alert.critical", None), {"installation": "i1"},
    ),
    (
        "pagerduty", {"X-Webhook-Subscription": "s1"},
        {"event": {"id": "p1", "event_type": "incident.priority_updated", "occurred_at": ISO,
                   "resource_type": "incident", "data": {"service": {"id": "S1"}}}},
        ("p1", "incident.priority_updated", MS),
        {"resource": "incident", "service": "S1", "subscription": "s1"},
    ),
    (
        "vercel", {},
        {"id": "v1", "type": "deployment.error", "createdAt": MS, "payload": {"projectId": "p1"}},
        ("v1", "deployment.error", MS), {"project": "p1"},
    ),
    (
        "jira", {"X-Atlassian-Webhook-Identifier": "w1", "X-Atlassian-Webhook-Flow": "Secondary"},
        {"webhookEvent": "jira:version_released", "timestamp": MS, "project": {"key": "A"}},
        ("w1", "version_released", MS), {"project": "A", "flow": "Secondary"},
    ),
    (
        "jira", {"X-Atlassian-Webhook-Identifier": "w2"}, {"webhookEvent": "sprint_started", "timestamp": MS},
        ("w2", "sprint_started", MS), {},
    ),
    (
        "trello", {}, {"action": {"id": "a1", "type": "addMemberToCard", "date": ISO}, "model": {"id": "b1"}},
        ("a1", "addMemberToCard", MS), {"model": "b1"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "headers", "document", "expected", "attributes"), EVENTS)
def test_the_events(name, headers, document, expected, attributes):
    [event] = adapters.load(name)().parse(json_request(name, document, NOW, headers))
    assert (event.id, event.type, event.ts) == expected
    assert event.attributes == attributes


@pytest.mark.parametrize("name", ["intercom", "trello"])
def test_the_address_is_there_for_a_head_request_and_for_no_other(name):
    adapter = adapters.load(name)()

    def asked(method: str):
        return adapter.handshake(
            WebhookRequest(method, "https://x.example/", Headers([]), b"", 0), ["secret"]
        )

    assert asked("HEAD").status == 200 and asked("HEAD").body == b""
    assert asked("GET") is None and asked("POST") is None


@pytest.mark.parametrize("name", ["intercom", "sentry", "pagerduty", "vercel", "jira", "trello"])
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"\xff"])
def test_a_signed_body_that_is_no_event_is_refused(name, body):
    request = WebhookRequest("POST", "https://x.example/", Headers([]), body, 0)
    with pytest.raises(PayloadError):
        adapters.load(name)().parse(request)


# Times in the provider's own form, so that a handler that was tried with a sample works with the real ones.
TIMES = [("intercom", ("created_at",), NOW), ("vercel", ("createdAt",), MS), ("jira", ("timestamp",), MS),
         ("zoom", ("event_ts",), MS), ("notion", ("timestamp",), "2027-01-15T08:00:00+00:00")]  # fmt: skip


@pytest.mark.parametrize(("name", "keys", "time"), TIMES)
def test_samples_write_the_time_as_the_provider_does(name, keys, time):
    adapter = adapters.load(name)()
    value = adapter.sample(adapter.first_sample, NOW, "1").json
    for key in keys:
        value = value[key]
    assert value == time


TRELLO = adapters.load("trello")
CALLBACK = "https://hooks.example/old/path/"


def test_trello_signs_the_callback_url_where_one_is_stated():
    request = TRELLO().sample("updateCard", NOW, "1")
    signed = TRELLO().sign(request.with_url(CALLBACK), "secret", NOW).with_url(request.url)
    assert TRELLO({"callback_url": CALLBACK}).verify(signed, ["secret"], NOW) == 0
    for stated in ({}, {"callback_url": CALLBACK[:-1]}):
        with pytest.raises(VerificationError):
            TRELLO(stated).verify(signed, ["secret"], NOW)


@pytest.mark.parametrize(
    "url", ["", "hooks.example", "ftp://x.example", "https://x.example/{body}", "https://x y"]
)
def test_refuses_a_callback_url_that_is_none(url):
    with pytest.raises(ValidationError, match="callback_url"):
        TRELLO({"callback_url": url})
