"""HubSpot's old signatures and its keys; the vectors have the rest."""

import pytest

import adapters
from adapters.base import VerificationError

HubSpot = adapters.load("hubspot")
NOW = 1_800_000_000.0


def signed(version: str, secret: str = "secret"):
    adapter = HubSpot({"signature_version": version})
    return adapter.sign(adapter.sample("contact.creation", NOW, "1"), secret, NOW)


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_only_the_version_that_is_asked_for_is_taken(version):
    for other in ("v1", "v2", "v3"):
        adapter = HubSpot({"signature_version": other})
        if other == version:
            assert adapter.verify(signed(version), ["secret"], NOW) == 0
            continue
        with pytest.raises(VerificationError):
            adapter.verify(signed(version), ["secret"], NOW)


def test_v3_is_what_is_taken_where_nothing_is_asked_for():
    assert HubSpot().verify(signed("v3"), ["secret"], NOW) == 0
    assert HubSpot().tolerance == 300
    assert HubSpot({"signature_version": "v1"}).tolerance is None


def test_another_attempt_has_the_same_key():
    request = signed("v3")
    [first] = HubSpot().parse(request)
    [again] = HubSpot().parse(
        request.with_body(request.body.replace(b'"attemptNumber":0', b'"attemptNumber":3'))
    )
    assert first.key == again.key == "62515:12345:1:1800000000000:123"


def test_one_event_id_at_two_times_is_two_events():
    request = signed("v3")
    [first] = HubSpot().parse(request)
    [other] = HubSpot().parse(request.with_body(request.body.replace(b"1800000000000", b"1800000000001")))
    assert (first.id, first.key) != (other.id, other.key)
    assert first.id == other.id
