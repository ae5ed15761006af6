"""The generic HMAC adapter: what its config keys mean, and what it says to wrong ones."""

import hmac
import json
from hashlib import sha256

import pytest
from pydantic import ValidationError

import adapters
from adapters.base import Headers, PayloadError, StaleTimestamp, VerificationError, WebhookRequest

NOW = 1_800_000_000
Hmac = adapters.load("hmac")
LEAST = {"header": "X-Signature", "id": "body.id", "type": "body.type"}


def post(document: object, headers: dict[str, str] | None = None) -> WebhookRequest:
    body = json.dumps(document, separators=(",", ":")).encode()
    return WebhookRequest("POST", "https://gateway.example/webhooks/x", Headers.of(headers or {}), body, NOW)


def event_of(options: dict, document: object, headers: dict[str, str] | None = None):
    [event] = Hmac({**LEAST, **options}).parse(post(document, headers))
    return event


def test_the_least_that_must_be_said():
    signature = hmac.new(b"key", b'{"id":"1","type":"a.b"}', "sha256").hexdigest()
    request = post({"id": "1", "type": "a.b"}, {"x-signature": signature})
    assert Hmac(LEAST).verify(request, ["key"], NOW) == 0


def test_every_key_of_the_docstring_works():
    options = {
        **LEAST,
        "algorithm": "sha384",
        "encoding": "base64",
        "prefix": "v9=",
        "signed": "{timestamp}/{header:X-Name}/{method}/{url}/{body}",
        "timestamp": "X-Timestamp",
        "timestamp_unit": "ms",
        "secret_encoding": "hex",
        "time": "body.created_at",
    }
    adapter = Hmac(options)
    sample = adapter.sample("a.b", NOW, "1").with_headers({"X-Name": "n"})
    request = adapter.sign(sample, "00ff", NOW)
    assert adapter.verify(request, ["00ff"], NOW) == 0
    assert request.headers.get("X-Timestamp") == f"{NOW}000"
    assert adapter.parse(request)[0].ts == NOW * 1000


def test_a_source_that_signs_a_time_has_a_tolerance_of_its_own():
    timed = {**LEAST, "timestamp": "X-Time", "signed": "{timestamp}.{body}"}
    assert Hmac(LEAST).tolerance is None
    assert Hmac(timed).tolerance == 300
    lenient = Hmac(timed, tolerance=900)
    request = lenient.sign(lenient.sample("a.b", NOW - 900, "1"), "key", NOW - 900)
    assert lenient.verify(request, ["key"], NOW) == 0
    with pytest.raises(StaleTimestamp):
        Hmac(timed).verify(request, ["key"], NOW)


LISTED = {"separator": ",", "version": "v1", "timestamp": "t", "signed": "{timestamp}.{body}"}


@pytest.mark.parametrize(
    "broken", ["t={t},t={t},v1={s}", "v1={s}", "t={t}", "t={t},v1", "t={t} v1={s}", "t,v1={s}"]
)
def test_a_list_needs_one_time_and_a_signature(broken):
    adapter, sample = Hmac({**LEAST, **LISTED}), post({"id": "1", "type": "a.b"})
    signature = hmac.new(b"key", b"%d.%s" % (NOW, sample.body), "sha256").hexdigest()
    genuine = sample.with_headers({"X-Signature": f"t={NOW},v1=00,v1={signature}"})
    assert adapter.verify(genuine, ["key"], NOW) == 0
    with pytest.raises(VerificationError):
        adapter.verify(sample.with_headers({"X-Signature": broken.format(t=NOW, s=signature)}), ["key"], NOW)


IDS = [
    # path, body, headers, id
    ("body.id", {"id": "a"}, {}, "a"),
    ("body.id", {"id": 7}, {}, "7"),  # a number is an id
    ("body.id", {"id": 0}, {}, "0"),
    ("body.data.event-id", {"data": {"event-id": "a"}}, {}, "a"),
    ("body.events.1.id", {"events": [{"id": "a"}, {"id": "b"}]}, {}, "b"),
    ("body.0", {"0": "a"}, {}, "a"),  # an object with a number as its key
    ("header.X-Event-Id", {}, {"x-event-id": "a"}, "a"),
    ("digest", {"n": 1}, {}, sha256(b'{"n":1,"type":"a.b"}').hexdigest()),
]


@pytest.mark.parametrize(("path", "document", "headers", "id"), IDS)
def test_where_the_id_is(path, document, headers, id):
    assert event_of({"id": path}, {**document, "type": "a.b"}, headers).id == id


TYPES = [
    # path, body, headers, type
    ("body.event.type", {"event": {"type": "order/created"}}, {}, "order/created"),
    ("header.X-Topic", {}, {"X-Topic": "orders:create"}, "orders:create"),
    ("=order.changed", {}, {}, "order.changed"),
    (["body.object", "body.action"], {"object": "order", "action": "paid"}, {}, "order.paid"),
    (["body.object", "body.action"], {"object": "order"}, {}, "order"),  # without an action
    (["header.X-Kind", "=seen"], {}, {"X-Kind": "bird"}, "bird.seen"),
]


@pytest.mark.parametrize(("path", "document", "headers", "type"), TYPES)
def test_where_the_type_is(path, document, headers, type):
    assert event_of({"type": path}, {"id": "1", **document}, headers).type == type


@pytest.mark.parametrize(
    ("at", "ts"), [(NOW, NOW * 1000), ("2027-01-15T08:00:00Z", NOW * 1000), (None, None)]
)
def test_where_the_time_is(at, ts):
    assert event_of({"time": "body.at"}, {"id": "1", "type": "a.b", "at": at}).ts == ts


MISSING = [
    # options, body, headers, what the message names
    ({}, {"type": "a.b"}, {}, "body.id"),
    ({}, {"id": None, "type": "a.b"}, {}, "body.id"),
    ({}, {"id": "", "type": "a.b"}, {}, "body.id"),
    ({}, {"id": True, "type": "a.b"}, {}, "body.id"),
    ({}, {"id": 1.5, "type": "a.b"}, {}, "body.id"),
    ({}, {"id": ["a"], "type": "a.b"}, {}, "body.id"),
    ({}, {"id": "a\nb", "type": "a.b"}, {}, "body.id"),
    ({}, {"id": "a" * 256, "type": "a.b"}, {}, "body.id"),
    ({}, {"id": "1", "type": {}}, {}, "body.type"),
    ({"type": ["body.a", "body.b"]}, {"id": "1", "b": "x"}, {}, "body.a and body.b"),
    ({"type": ["body.a", "body.b"]}, {"id": "1", "a": "x", "b": []}, {}, "body.a and body.b"),
    ({"id": "body.list.5.id"}, {"list": [{"id": 1}], "type": "a.b"}, {}, "body.list.5.id"),
    ({"id": "body.list.x"}, {"list": [1], "type": "a.b"}, {}, "body.list.x"),
    ({"id": "header.X-Id"}, {"type": "a.b"}, {}, "header.X-Id"),
    ({"id": "header.X-Id"}, {"type": "a.b"}, {"X-Id": "\x80"}, "header.X-Id"),
]


@pytest.mark.parametrize(("options", "document", "headers", "named"), MISSING)
def test_a_missing_field_is_named_by_its_path(options, document, headers, named):
    with pytest.raises(PayloadError, match=f"at {named} is not a text"):
        event_of(options, document, headers)


def test_a_repeated_header_is_no_id():
    request = post({"type": "a.b"}, {"X-Id": "a"}).with_headers({"X-Id": "a"})
    with pytest.raises(PayloadError, match="came 2 times"):
        Hmac({**LEAST, "id": "header.X-Id"}).parse(request)


WRONG = [
    # options, the key that the message names, what it says would be right
    ({"id": ""}, "id", "or digest where the provider sends no id"),
    ({"id": None}, "id", "valid string"),
    ({"id": "id"}, "id", "write body.data.id or header.X-Event-Id"),
    ({"id": "body"}, "id", "write body.data.id"),
    ({"id": "body..id"}, "id", "write body.data.id"),
    ({"id": "body.list.1000.id"}, "id", "write body.data.id"),
    ({"id": "header.é"}, "id", "is not the name of a header"),
    ({"id": "=always"}, "id", "write body.data.id"),
    ({"type": "order.changed"}, "type", "or a constant such as =order.changed"),
    ({"type": "="}, "type", "or a constant"),
    ({"type": "digest"}, "type", "or a constant"),
    ({"type": []}, "type", "or a constant"),
    ({"type": ["body.a", "b"]}, "type", "or a constant"),
    ({"time": "created"}, "time", "write body.data.id"),
    ({"time": "digest"}, "time", "write body.data.id"),
    ({"header": ""}, "header", "write one such as X-Signature"),
    ({"header": "X Signature"}, "header", "write one such as X-Signature"),
    ({"algorithm": "md5"}, "algorithm", "'sha1', 'sha256', 'sha384' or 'sha512'"),
    ({"encoding": "hexx"}, "encoding", "'hex', 'base64' or 'base64url'"),
    ({"secret_encoding": "utf8"}, "secret_encoding", "'text', 'hex' or 'base64'"),
    ({"timestamp_unit": "min"}, "timestamp_unit", "'s', 'ms' or 'iso'"),
    ({"signed": "{timestamp}"}, "signed", "lacks {body}"),
    ({"signed": "{id}.{body}"}, "signed", "{timestamp}, {url}, {method} or {header:Name}"),
    ({"timestamp": "X-Time"}, "timestamp", "use {timestamp} in signed"),
    ({"version": "v1"}, "version", "state its separator too"),
    ({"sekret": "x"}, "sekret", "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("options", "key", "advice"), WRONG)
def test_a_wrong_key_is_named_with_what_would_be_right(options, key, advice):
    with pytest.raises(ValidationError) as error:
        Hmac({**LEAST, **options})
    text = str(error.value)
    assert key in text.partition("[type=")[0] and advice in text


def test_the_three_keys_that_must_be_there():
    with pytest.raises(ValidationError) as error:
        Hmac({})
    assert {problem["loc"] for problem in error.value.errors()} == {("header",), ("id",), ("type",)}


def test_a_sample_puts_everything_in_its_place():
    options = {"id": "body.events.1.id", "type": ["header.X-Kind", "body.action"], "time": "body.events.1.at"}
    adapter = Hmac({**LEAST, **options})
    [event] = adapter.parse(adapter.sample("bird.seen.twice", NOW, "e1"))
    assert (event.id, event.type, event.ts) == ("e1", "bird.seen.twice", NOW * 1000)
