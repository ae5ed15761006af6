"""The conformance kit over every adapter that there is, and a fuzz that learns; conftest.py lists them."""

from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.attacks import NOW, proof_names, sample, secrets_of
from adapters.base import Adapter, Headers, NeedsKey, PayloadError, VerificationError, WebhookRequest
from adapters.conformance import CHECKS
from adapters.vectors import read_vectors

VECTORS = Path(__file__).parents[1] / "vectors"


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_conforms(adapter, check):
    file = VECTORS / f"{adapter.name}.json"
    if "vectors" in check.__name__ and type(adapter).__module__.startswith("adapters_path"):
        pytest.skip("the README's example has none")
    check(adapter, read_vectors(file) if file.exists() else [])


NAMES = st.sampled_from([b"content-type", b"webhook-id", b"svix-id", b"x-github-event", b"x-event-id"])
VALUES = st.one_of(st.binary(max_size=200), st.from_regex(rb"(t=|ts=)?\d{0,20}[,;. ](v1[=,])?[ -~]{0,80}"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=8), child, max_size=3),
    max_leaves=8,
)
KEYS = ["id", "type", "object", "created", "timestamp", "action", "items", "event", "related_object", "issue"]
KEYS += ["snapshot_event", "api_version", "livemode", "updated_at", "occurred_at", "event_type", "repository"]
OBJECT = st.sampled_from(["event", "v2.core.event"])
DOCUMENTS = st.fixed_dictionaries({}, optional={key: JSON | OBJECT for key in KEYS})
FUZZ = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FUZZ
@given(data=st.data())
def test_verify_raises_nothing_else_whatever_arrives(adapter, data):
    names = NAMES | st.sampled_from(proof_names(adapter) or [b"x"])
    raw = data.draw(st.lists(st.tuples(names, VALUES), max_size=6))
    body, query = data.draw(st.binary(max_size=100)), data.draw(st.text(max_size=40))
    request = WebhookRequest("POST", f"https://gateway.example/webhooks/x?{query}", Headers(raw), body, NOW)
    with pytest.raises((VerificationError, NeedsKey)):
        adapter.verify(request, [secrets_of(adapter)[0], data.draw(st.text(max_size=10))], NOW)


@FUZZ
@given(data=st.data())
def test_parse_raises_nothing_else_whatever_was_signed(adapter, data):
    body = data.draw(st.binary(max_size=60) | DOCUMENTS.map(dump) | JSON.map(dump))
    raw = data.draw(st.lists(st.tuples(NAMES | st.just(b"x-github-delivery"), VALUES), max_size=5))
    genuine = sample(adapter)
    for headers in (raw, genuine.headers.raw, [*genuine.headers.raw, *raw]):
        request = WebhookRequest(genuine.method, genuine.url, Headers(headers), body, NOW)
        try:
            events = adapter.parse(request)
        except PayloadError:
            continue
        assert all(event.id and event.type for event in events)


def dump(document: object) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:  # an integer beyond 64 bits, or a lone surrogate
        return repr(document).encode("utf-8", "replace")


class Forgetful(Adapter):
    name, title, docs = "forgetful", "Forgetful", "https://example.com"


def test_an_adapter_that_forgets_everything_rejects():
    adapter, request = Forgetful(), WebhookRequest("POST", "https://x.example", Headers([]), b"{}", NOW)
    with pytest.raises(VerificationError):
        adapter.verify(request, ["any secret"], NOW)
    with pytest.raises(PayloadError):
        adapter.parse(request)
    for forgotten in (lambda: adapter.sample("a.b", NOW, "1"), adapter.generate_secret):
        with pytest.raises(NotImplementedError):
            forgotten()
    assert adapter.handshake(request, ["any secret"]) is None
    assert adapter.challenge(request, ["any secret"]) is None
    assert adapter.reply(request) is None
    assert not adapter.may_fetch("https://example.com/")
