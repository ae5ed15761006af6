"""Zoom's validation of the address; the rest is in tests/vectors/zoom.json."""

import pytest

import adapters
from adapters.base import PayloadError
from adapters.plain import json_request

ZOOM = adapters.load("zoom")()
NOW = 1_800_000_000


def validation(payload: object, secret: str = "right"):
    return ZOOM.sign(
        json_request("zoom", {"event": "endpoint.url_validation", "payload": payload}, NOW), secret, NOW
    )


@pytest.mark.parametrize("payload", [None, {}, [], {"plainToken": ""}, {"plainToken": 1}, "plainToken"])
def test_refuses_a_validation_without_a_token(payload):
    with pytest.raises(PayloadError, match="plainToken"):
        ZOOM.challenge(validation(payload), ["right"])


def test_answers_with_the_secret_that_signed():
    request = validation({"plainToken": "abc"})
    alone, beside = (ZOOM.challenge(request, secrets) for secrets in (["right"], ["left", "right"]))
    assert alone == beside and b'"plainToken":"abc"' in alone.body


def test_never_answers_a_validation_that_is_not_signed():
    with pytest.raises(PayloadError, match="not signed"):
        ZOOM.challenge(validation({"plainToken": "abc"}, "wrong"), ["right"])
