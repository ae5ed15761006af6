"""Netlify's names and ids; the rest is in tests/vectors/netlify.json."""

import pytest

import adapters
from adapters.plain import json_request

NETLIFY = adapters.load("netlify")()
NOW = 1_800_000_000

NAMES = [
    # header, state, type
    ("deploy_building", "building", "deploy_building"),
    ("submission_created", None, "submission_created"),
    (None, "error", "error"),
]


@pytest.mark.parametrize(("header", "state", "type"), NAMES)
def test_the_names(header, state, type):
    headers = {"X-Netlify-Event": header} if header else {}
    assert NETLIFY.parse(json_request("netlify", {"state": state}, NOW, headers))[0].type == type


def test_the_states_of_one_deploy_are_events_of_their_own():
    ids = {
        NETLIFY.parse(json_request("netlify", {"id": "d1", "state": state}, NOW))[0].id
        for state in ("building", "ready", "ready")
    }
    assert len(ids) == 2


@pytest.mark.parametrize("type", ["deploy_failed", "submission_created"])
def test_samples(type):
    request = NETLIFY.sample(type, NOW, "1")
    assert request.headers.get("X-Netlify-Event") == type
    assert ("form_name" in request.json) == type.startswith("submission")
