"""GitLab's two kinds of secret, its names and its ids; the rest is in tests/vectors/gitlab.json."""

import pytest

import adapters
from adapters.base import VerificationError
from adapters.plain import json_request

GITLAB = adapters.load("gitlab")()
NOW, SIGNING = 1_800_000_000, "whsec_" + "A" * 43 + "="

NAMES = [
    # body, type
    ({"object_kind": "push", "event_name": "push"}, "push"),
    ({"object_kind": "tag_push"}, "tag_push"),
    ({"object_kind": "merge_request", "object_attributes": {"action": "merge"}}, "merge_request.merge"),
    ({"object_kind": "issue", "object_attributes": {}}, "issue"),  # changed by GitLab itself: no action
    ({"object_kind": "pipeline", "object_attributes": {"status": "failed"}}, "pipeline"),
    ({"object_kind": "release", "action": "create"}, "release.create"),
    ({"event_name": "user_add_to_group"}, "user_add_to_group"),
]


@pytest.mark.parametrize(("document", "type"), NAMES)
def test_the_names(document, type):
    [event] = GITLAB.parse(json_request("gitlab", document, NOW, {"webhook-id": "1"}))
    assert event.type == type


IDS = [
    # headers, id, key
    ({"webhook-id": "a", "Idempotency-Key": "b", "X-Gitlab-Event-UUID": "c"}, "a", "a"),
    ({"Idempotency-Key": "b", "X-Gitlab-Event-UUID": "c"}, "b", "b"),
    # shared by all webhooks that one event sets off, so that it must not make duplicates of them
    ({"X-Gitlab-Event-UUID": "c"}, "c", None),
    ({}, None, None),
]


@pytest.mark.parametrize(("headers", "id", "key"), IDS)
def test_what_makes_a_duplicate(headers, id, key):
    first = GITLAB.parse(json_request("gitlab", {"object_kind": "push", "after": "1"}, NOW, headers))[0]
    other = GITLAB.parse(json_request("gitlab", {"object_kind": "push", "after": "2"}, NOW, headers))[0]
    assert first.id == id or (id is None and first.id != other.id)
    assert first.key == key or (key is None and first.key != other.key)


def test_a_secret_token_proves_who_and_no_time():
    request = GITLAB.sign(GITLAB.sample("push", NOW, "1"), "s3cr3t", NOW)
    assert GITLAB.verify(request, ["old", "s3cr3t"], NOW + 10**6) == 1
    assert GITLAB.secret_headers() == {"x-gitlab-token"}
    assert GITLAB.signed_bytes(request) is None and GITLAB.expected(request, "s3cr3t") is None


def test_the_index_is_that_of_the_source_not_of_the_signing_tokens():
    request = GITLAB.sign(GITLAB.sample("push", NOW, "1"), SIGNING, NOW)
    assert GITLAB.verify(request, ["s3cr3t", SIGNING], NOW) == 1
    assert GITLAB.signed_bytes(request) == b"1.1800000000." + request.body


def test_a_signing_token_shuts_out_the_secret_token():
    request = GITLAB.sign(GITLAB.sample("push", NOW, "1"), "s3cr3t", NOW)
    with pytest.raises(VerificationError, match="webhook-signature is missing"):
        GITLAB.verify(request, ["s3cr3t", SIGNING], NOW)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_%%", "whsec_é", "é", ""])
def test_refuses_a_secret_that_can_match_nothing(secret):
    with pytest.raises(ValueError, match="secret"):
        GITLAB.check_secret(secret)
