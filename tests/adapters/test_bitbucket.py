"""Bitbucket's names and times; the rest is in tests/vectors/bitbucket.json."""

import pytest

import adapters
from adapters.plain import json_request

BITBUCKET = adapters.load("bitbucket")()
NOW, ISO = 1_800_000_000, "2027-01-15T08:00:00+00:00"

EVENTS = [
    # key, body, type, time
    ("repo:push", {"push": {"changes": [{"new": {"target": {"date": ISO}}}]}}, "repo.push", None),
    ("repo:commit_status_updated", {"commit_status": {"updated_on": ISO}}, "repo.commit_status_updated", NOW),
    ("issue:comment_created", {"comment": {"updated_on": ISO}}, "issue.comment_created", NOW),
    ("pr:reviewer:approved", {"date": "2027-01-15T08:00:00+0000"}, "pr.reviewer.approved", NOW),
    ("diagnostics:ping", {"test": True}, "diagnostics.ping", None),
]


@pytest.mark.parametrize(("key", "document", "type", "time"), EVENTS)
def test_the_events(key, document, type, time):
    headers = {"X-Event-Key": key, "X-Request-UUID": "1"}
    [event] = BITBUCKET.parse(json_request("bitbucket", document, NOW, headers))
    assert (event.type, event.ts) == (type, None if time is None else time * 1000)


@pytest.mark.parametrize("type", ["repo.push", "pullrequest.fulfilled", "issue.created"])
def test_samples_are_written_as_bitbucket_writes(type):
    request = BITBUCKET.sample(type, NOW, "1")
    assert request.headers.get("X-Event-Key") == type.replace(".", ":")
    assert ("pullrequest" in request.json) == type.startswith("pullrequest")
    assert BITBUCKET.parse(request)[0].type == type
