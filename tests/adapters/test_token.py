"""The shared token adapter: header, query parameter and Basic credentials."""

import base64

import pytest
from pydantic import ValidationError

import adapters
from adapters.base import Headers, VerificationError, WebhookRequest

Token = adapters.load("token")
FIELDS = {"id": "body.id", "type": "=door.opened"}
URL = "https://gateway.example/webhooks/x"


def accepts(options: dict, secret: str, url: str = URL, **headers: str) -> bool:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = WebhookRequest("POST", url, Headers.of(named), b"{}", 0)
    try:
        return Token({**FIELDS, **options}).verify(request, ["other:one", secret], 0) == 1
    except VerificationError:
        return False


def basic(text: str | bytes) -> str:
    return "Basic " + base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


HEADER = [
    # prefix, header, accepted
    ("", "s3cret", True),
    ("", "S3cret", False),
    ("", "s3cret ", False),
    ("", "s3cre", False),
    ("", "s3crets", False),
    ("", "", False),
    ("", "s3cret, s3cret", False),
    ("Bearer ", "Bearer s3cret", True),
    ("Bearer ", "s3cret", False),  # the prefix is required
    ("Bearer ", "Bearer  s3cret", False),
    ("Bearer ", "Basics s3cret", False),  # as long, but another
    ("Bearer ", " Bearer s3cret", False),  # at the very start
    ("Bearer ", "Bearer ", False),
]


@pytest.mark.parametrize(("prefix", "value", "accepted"), HEADER)
def test_a_token_in_a_header(prefix, value, accepted):
    options = {"header": "X-Token", "prefix": prefix}
    assert accepts(options, "s3cret", X_Token=value) is accepted


QUERY = [
    # query, accepted
    ("token=s3+cr%26t", True),
    ("a=b&token=s3%20cr%26t&c=d", True),
    ("%74oken=s3+cr%26t", True),  # the name, percent-encoded
    ("token=s3+cr%26t#token=x", True),
    ("token=s3", False),
    ("token=", False),
    ("token", False),
    ("", False),
    ("Token=s3+cr%26t", False),  # names of parameters are case-sensitive
    ("token=s3+cr%26t&token=s3+cr%26t", False),  # repeated
    ("token=x&%74oken=s3+cr%26t", False),  # repeated in disguise
    ("token=s3+cr%26t%FF", False),
    ("token=s3+cr%26té", False),
    ("token=s3+cr%26t\udc80", False),
    ("token=" + "a" * 100_000, False),
]


@pytest.mark.parametrize(("query", "accepted"), QUERY)
def test_a_token_in_the_query(query, accepted):
    assert accepts({"query": "token"}, "s3 cr&t", url=f"{URL}?{query}") is accepted


@pytest.mark.parametrize(
    ("query", "accepted"), [("t=v1-s3cret", True), ("t=v2-s3cret", False), ("t=v1-", False)]
)
def test_a_token_with_a_prefix_in_the_query(query, accepted):
    assert accepts({"query": "t", "prefix": "v1-"}, "s3cret", url=f"{URL}?{query}") is accepted


BASIC = [
    # header, accepted
    (basic("user:pass:word"), True),  # the first colon is the border
    (basic("user:pass:word").replace("Basic", "bAsIc"), True),  # the scheme is case-insensitive
    (basic("user:pass"), False),
    (basic("user:"), False),
    (basic(":pass:word"), False),
    (basic("user"), False),
    (basic("userpass:word"), False),
    (basic("USER:pass:word"), False),
    (basic(b"user:pass:word\xff"), False),
    (basic("user:pass:word").replace("Basic ", ""), False),
    (basic("user:pass:word").replace("Basic ", "Bearer "), False),
    (basic("user:pass:word").replace("Basic ", "Basic  "), False),
    (basic("user:pass:word") + "!", False),  # lenient base64 would drop it
    ("Basic", False),
    ("Basic =", False),
    ("", False),
]


@pytest.mark.parametrize(("value", "accepted"), BASIC)
def test_basic_credentials(value, accepted):
    assert accepts({"basic": True}, "user:pass:word", Authorization=value) is accepted


def test_basic_credentials_beyond_ascii():
    assert accepts({"basic": True}, "zoë:pässword", Authorization=basic("zoë:pässword"))


BAD_SECRETS = [
    # options, secret, what the message says
    ({"basic": True}, "password-4711", "user:password"),
    ({"basic": True}, ":4711", "user:password"),
    ({"basic": True}, "4711:", "user:password"),
    ({"header": "X-Token"}, "pässword-4711", "not ASCII"),
    ({"query": "token"}, "4711\n", "not printable"),
]


@pytest.mark.parametrize(("options", "secret", "message"), BAD_SECRETS)
def test_a_malformed_secret_is_named_but_not_shown(options, secret, message):
    with pytest.raises(ValueError, match=message) as error:
        Token({**FIELDS, **options}).check_secret(secret)
    assert "4711" not in str(error.value)


def test_declares_what_must_not_be_kept():
    header = Token({**FIELDS, "header": "X-Token"})
    query = Token({**FIELDS, "query": "Token"})
    both = Token({**FIELDS, "basic": True})
    assert (header.secret_headers(), header.secret_params()) == ({"x-token"}, frozenset())
    assert (query.secret_headers(), query.secret_params()) == (frozenset(), {"Token"})
    assert (both.secret_headers(), both.secret_params()) == ({"authorization"}, frozenset())


def test_signs_a_url_that_has_a_query_already():
    adapter = Token({**FIELDS, "query": "token"})
    request = adapter.sample("a.b", 0, "1").with_url(f"{URL}?a=b")
    assert adapter.sign(request, "s3 cr&t", 0).url == f"{URL}?a=b&token=s3+cr%26t"


WRONG = [
    # options, what the message says
    ({}, "exactly one of header: <Name>, query: <parameter> and basic: true"),
    ({"header": "X-Token", "query": "token"}, "exactly one of"),
    ({"header": "X-Token", "basic": True}, "exactly one of"),
    ({"basic": True, "prefix": "Basic "}, "prefix: Basic credentials have none"),
    ({"header": "X Token"}, "write one such as X-Signature"),
    ({"header": "X-Token", "id": "nowhere"}, "write body.data.id"),
]


@pytest.mark.parametrize(("options", "message"), WRONG)
def test_a_wrong_key_is_named_with_what_would_be_right(options, message):
    with pytest.raises(ValidationError, match=message):
        Token({**FIELDS, **options})


def test_the_type_may_be_a_constant_and_the_id_a_digest():
    adapter = Token({"header": "X-Token", "id": "digest", "type": "=door.opened"})
    [event] = adapter.parse(adapter.sample("ignored", 0, "1"))
    assert event.type == "door.opened"
    assert len(event.id) == 64
