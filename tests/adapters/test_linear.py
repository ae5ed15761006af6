"""Linear's names and ids; the rest is in tests/vectors/linear.json."""

import pytest

import adapters
from adapters.plain import json_request

LINEAR = adapters.load("linear")()
NOW = 1_800_000_000

NAMES = [
    ("Issue", "create", "issue.create"),
    ("IssueLabel", "remove", "issue_label.remove"),
    ("IssueSLA", "breached", "issue_sla.breached"),
    ("AppUserNotification", "issueMention", "app_user_notification.issue_mention"),
]


@pytest.mark.parametrize(("type", "action", "name"), NAMES)
def test_the_names(type, action, name):
    request = json_request("linear", {"type": type, "action": action}, NOW, {"Linear-Delivery": "1"})
    assert LINEAR.parse(request)[0].type == name


def test_without_the_header_all_attempts_of_one_event_have_one_id():
    def id_of(stamp: int, title: str) -> str:
        data = {"type": "Issue", "action": "update", "data": {"title": title}, "webhookTimestamp": stamp}
        return LINEAR.parse(json_request("linear", data, NOW))[0].id

    assert id_of(1, "a") == id_of(2, "a") != id_of(1, "b")


def test_a_sample_is_written_as_linear_writes():
    body = LINEAR.sample("issue_label.create", NOW, "1").json
    assert (body["type"], body["action"]) == ("IssueLabel", "create")
