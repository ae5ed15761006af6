"""One suite for every adapter that there is; conftest.py lists them with their options."""

import base64
import re

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.base import (
    MAX_TEXT,
    Adapter,
    AdapterError,
    Headers,
    PayloadError,
    StaleTimestamp,
    VerificationError,
    WebhookRequest,
)
from gateway.event import name_of

NOW = 1_800_000_000.0
TYPE = "customer.created"


def signed(adapter: Adapter, secret: str, at: float = NOW, id: str = "evt_1") -> WebhookRequest:
    return adapter.sign(adapter.sample(TYPE, at, id), secret, at)


def rebuilt(request: WebhookRequest, headers=None, body=None) -> WebhookRequest:
    raw = request.headers.raw if headers is None else headers
    body = request.body if body is None else body
    return WebhookRequest(request.method, request.url, Headers(raw), body, request.received_at)


def proof_names(adapter: Adapter) -> set[bytes]:
    """The headers that signing adds."""
    sample = adapter.sample(TYPE, NOW, "evt_1")
    request = adapter.sign(sample, adapter.generate_secret(), NOW)
    return {name for name, _ in request.headers.raw} - {name for name, _ in sample.headers.raw}


def with_values(request: WebhookRequest, name: bytes, values: list[bytes]) -> WebhookRequest:
    others = [(key, value) for key, value in request.headers.raw if key != name]
    return rebuilt(request, [*others, *((name, value) for value in values)])


def refused(adapter: Adapter, request: WebhookRequest, *secrets: str, now: float = NOW) -> VerificationError:
    with pytest.raises(VerificationError) as error:
        adapter.verify(request, secrets, now)
    return error.value


def test_states_its_facts(adapter):
    module = type(adapter).__module__
    assert module.rpartition(".")[2] == adapter.name
    assert adapter.title and adapter.key
    assert adapter.docs.startswith("https://")
    assert adapter.retry_horizon >= 0


def test_accepts_its_own_sample(adapter):
    secret = adapter.generate_secret()
    assert adapter.verify(signed(adapter, secret), [secret], NOW) == 0


def test_says_which_of_several_secrets_matched(adapter):
    old, new, other = (adapter.generate_secret() for _ in range(3))
    assert adapter.verify(signed(adapter, new), [old, new], NOW) == 1
    assert adapter.verify(signed(adapter, old), [old, new], NOW) == 0
    assert adapter.verify(signed(adapter, other), [old, "", other], NOW) == 2


def test_rejects_a_wrong_secret(adapter):
    request = signed(adapter, adapter.generate_secret())
    assert type(refused(adapter, request, adapter.generate_secret())) is VerificationError


def test_rejects_without_a_secret(adapter):
    request = signed(adapter, adapter.generate_secret())
    refused(adapter, request)
    for blank in ("", " ", "\n", "\x00", "\udc80"):
        refused(adapter, request, blank)


def test_does_not_sign_with_an_empty_secret(adapter):
    for blank in ("", " "):
        with pytest.raises(ValueError, match="the secret is empty"):
            signed(adapter, blank)


def test_rejects_each_changed_byte_of_the_body(adapter):
    if not getattr(adapter.scheme, "signs_body", True):
        return
    secret = adapter.generate_secret()
    request = signed(adapter, secret)
    for position in range(0, len(request.body), 7):
        body = bytearray(request.body)
        body[position] ^= 1
        refused(adapter, rebuilt(request, body=bytes(body)), secret)
    for body in (b"", request.body[:-1], request.body + b"\n"):
        refused(adapter, rebuilt(request, body=body), secret)


def test_rejects_a_truncated_proof(adapter):
    secret = adapter.generate_secret()
    request = signed(adapter, secret)
    for name in proof_names(adapter):
        value = request.headers.all(name.decode())[0]
        for cut in (value[:-1], value[: len(value) // 2], value[1:], value + b"A"):
            refused(adapter, with_values(request, name, [cut]), secret)


# What can be wrong with a header, as its values.
BAD_VALUES = {
    "missing": lambda value: [],
    "empty": lambda value: [b""],
    "blank": lambda value: [b" "],
    "repeated": lambda value: [value, value],
    "repeated, the second is wrong": lambda value: [value, b"x"],
    "non-ASCII": lambda value: [value + b"\xe9"],
    "only non-ASCII": lambda value: [b"\xff\xfe"],
    "control character": lambda value: [value + b"\x00"],
    "100 kB": lambda value: [b"a" * 100_000],
    "100 kB after the genuine one": lambda value: [value + b"," + b"a" * 100_000],
    "commas": lambda value: [b"," * 100],
    "equals signs": lambda value: [b"=" * 100],
}


@pytest.mark.parametrize("bad", BAD_VALUES.values(), ids=BAD_VALUES)
def test_rejects_a_bad_header(adapter, bad):
    secret = adapter.generate_secret()
    request = signed(adapter, secret)
    for name in proof_names(adapter):
        values = bad(request.headers.all(name.decode())[0])
        error = refused(adapter, with_values(request, name, values), secret)
        assert type(error) is VerificationError


@pytest.mark.parametrize("off", [-300, -1, 0, 1, 300])
def test_accepts_a_time_within_the_tolerance(adapter, off):
    secret = adapter.generate_secret()
    assert adapter.verify(signed(adapter, secret, NOW + off), [secret], NOW) == 0


@pytest.mark.parametrize("off", [-1_000_000, -301, 301, 1_000_000])
def test_rejects_a_stale_or_future_time(adapter, off):
    if adapter.tolerance is None:
        return
    secret = adapter.generate_secret()
    request = signed(adapter, secret, NOW + off)
    assert type(refused(adapter, request, secret)) is StaleTimestamp
    # Only a genuine request is told that it is stale.
    assert type(refused(adapter, request, adapter.generate_secret())) is VerificationError


def test_the_source_can_set_the_tolerance(adapter):
    if adapter.tolerance is None:
        return
    strict = type(adapter)(adapter.options.model_dump(exclude_unset=True), tolerance=5)
    secret = strict.generate_secret()
    assert strict.verify(signed(strict, secret, NOW - 5), [secret], NOW) == 0
    assert type(refused(strict, signed(strict, secret, NOW - 6), secret)) is StaleTimestamp


def test_rejects_what_was_signed_for_another_source(adapter):
    ours, theirs = adapter.generate_secret(), adapter.generate_secret()
    refused(adapter, signed(adapter, theirs), ours)
    refused(adapter, signed(adapter, ours), theirs)


def test_rejects_the_proof_of_another_request(adapter):
    if not getattr(adapter.scheme, "signs_body", True):
        return
    secret = adapter.generate_secret()
    one, two = signed(adapter, secret, NOW, "evt_1"), signed(adapter, secret, NOW - 1, "evt_2")
    if one.body != two.body:
        refused(adapter, rebuilt(one, body=two.body), secret)
        refused(adapter, rebuilt(two, body=one.body), secret)


def test_a_request_gives_the_same_well_formed_events_every_time(adapter):
    request = signed(adapter, adapter.generate_secret())
    first, second = adapter.parse(request), adapter.parse(rebuilt(request))
    assert first == second
    for event in first:
        assert 0 < len(event.id) <= MAX_TEXT and event.id.isprintable()
        assert re.fullmatch(r"[a-z0-9_]+/[A-Za-z0-9._-]+", name_of(adapter.name, event.type))
        assert event.ts is None or abs(event.ts - NOW * 1000) < 1000
        assert all(value is None or isinstance(value, str | int) for value in event.attributes.values())


def test_the_sample_carries_what_was_asked_for(adapter):
    [event] = adapter.parse(adapter.sample(TYPE, NOW, "evt_1"))
    assert event.type == TYPE
    assert event.id == "evt_1" or getattr(adapter.options, "id", "") == "digest"


def test_checks_secrets_without_showing_them(adapter):
    adapter.check_secret(adapter.generate_secret())
    for bad in ("", " ", "line\nbreak-4711", "nul\x00-4711", "\udc80-4711"):
        with pytest.raises(ValueError, match="secret") as error:
            adapter.check_secret(bad)
        assert "4711" not in str(error.value)


def test_declares_where_the_secret_itself_travels(adapter):
    secret = adapter.generate_secret()
    request = signed(adapter, secret)
    shown = {secret, base64.b64encode(secret.encode()).decode()}
    telling = {name for name, value in request.headers if any(text in value for text in shown)}
    assert telling == adapter.secret_headers()
    assert (secret in request.url) == bool(adapter.secret_params())


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
    names = NAMES | st.sampled_from(sorted(proof_names(adapter)) or [b"x"])
    raw = data.draw(st.lists(st.tuples(names, VALUES), max_size=6))
    body, query = data.draw(st.binary(max_size=100)), data.draw(st.text(max_size=40))
    request = WebhookRequest("POST", f"https://gateway.example/webhooks/x?{query}", Headers(raw), body, NOW)
    with pytest.raises(VerificationError):
        adapter.verify(request, [adapter.generate_secret(), data.draw(st.text(max_size=10))], NOW)


@FUZZ
@given(data=st.data())
def test_parse_raises_nothing_else_whatever_was_signed(adapter, data):
    body = data.draw(st.binary(max_size=60) | DOCUMENTS.map(dump) | JSON.map(dump))
    raw = data.draw(st.lists(st.tuples(NAMES | st.just(b"x-github-delivery"), VALUES), max_size=5))
    sample = adapter.sample(TYPE, NOW, "evt_1")
    for headers in (raw, sample.headers.raw, [*sample.headers.raw, *raw]):
        try:
            events = adapter.parse(rebuilt(sample, headers, body))
        except AdapterError as error:
            assert isinstance(error, PayloadError)
        else:
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
    refused(adapter, request, "any secret")
    with pytest.raises(PayloadError):
        adapter.parse(request)
    for forgotten in (lambda: adapter.sample("a.b", NOW, "1"), adapter.generate_secret):
        with pytest.raises(NotImplementedError):
            forgotten()
    assert adapter.handshake(request, ["any secret"]) is None
