"""How Plaid is asked for its keys; tokens are in the vectors."""

import json
from dataclasses import replace

import pytest

import adapters
from adapters.base import NeedsKey, VerificationError

NOW = 1_800_000_000
PLAID = adapters.load("plaid")
OPTIONS = {"client_id": "client-1", "secret": "api-secret-1", "environment": "sandbox"}
KEY = PLAID().generate_secret()


def unknown(adapter):
    """A genuine request whose key is not at hand."""
    return replace(adapter.sign(adapter.sample(adapter.first_sample, NOW, "1"), KEY, NOW), keys={})


def test_the_key_is_asked_for_with_the_credentials_of_the_source():
    adapter = PLAID(OPTIONS)
    with pytest.raises(NeedsKey) as question:
        adapter.verify(unknown(adapter), [], NOW)
    wanted = question.value.request
    assert wanted.target == "https://sandbox.plaid.com/webhook_verification_key/get"
    assert (wanted.url, wanted.method) == (f"{wanted.target}#sample", "POST")
    assert json.loads(wanted.body) == {
        "client_id": "client-1", "secret": "api-secret-1", "key_id": "sample",
    }  # fmt: skip


@pytest.mark.parametrize("lacking", ["client_id", "secret"])
def test_without_credentials_nothing_is_asked(lacking):
    adapter = PLAID({**OPTIONS, lacking: ""})
    with pytest.raises(VerificationError, match="client_id and secret"):
        adapter.verify(unknown(adapter), [], NOW)


def test_the_api_secret_is_not_shown():
    assert "api-secret-1" not in repr(PLAID(OPTIONS).options)


@pytest.mark.parametrize(
    "url",
    [
        "https://production.plaid.com/item/get",
        "https://production.plaid.com/webhook_verification_key/get?x=1",
        "https://evil.plaid.com/webhook_verification_key/get",
        "http://production.plaid.com/webhook_verification_key/get",
    ],
)
def test_only_the_address_of_the_keys_may_be_asked(url):
    assert not PLAID().may_fetch(url)


@pytest.mark.parametrize("kid", ["a/../b", "a#b", "a b", "", 1, None, "x" * 101])
def test_a_name_that_no_key_has_is_not_sent_to_plaid(kid):
    with pytest.raises(VerificationError):
        PLAID(OPTIONS).scheme.key_request({"kid": kid}, [])


def test_the_same_body_in_a_later_token_is_another_event():
    adapter = PLAID(OPTIONS)

    def event_at(now: float):
        [event] = adapter.parse(adapter.sign(adapter.sample(adapter.first_sample, NOW, "1"), KEY, now))
        return event

    assert event_at(NOW).key == event_at(NOW).key != event_at(NOW + 60).key
    assert event_at(NOW).id == event_at(NOW + 60).id
