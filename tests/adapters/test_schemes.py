"""The schemes as declarations, against published vectors and signatures made by hand."""

import base64
import hashlib
import hmac

import pytest

from adapters.base import Headers, StaleTimestamp, VerificationError, WebhookRequest
from adapters.schemes import BasicAuth, HmacSignature, SharedToken

NOW = 1_800_000_000
URL = "https://gateway.example/webhooks/x?a=1"
BODY = b'{"id":1}'


def post(headers: dict[str, str], body: bytes = BODY, url: str = URL) -> WebhookRequest:
    return WebhookRequest("POST", url, Headers.of(headers), body, NOW)


def mac(key: str | bytes, content: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new(key.encode() if isinstance(key, str) else key, content, algorithm).digest()


def accepts(scheme, request: WebhookRequest, *secrets: str, tolerance: float | None = 300) -> bool:
    try:
        scheme.verify(request, secrets, NOW, tolerance)
    except VerificationError:
        return False
    return True


SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
    b"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SLACK = HmacSignature(
    header="X-Slack-Signature",
    prefix="v0=",
    signed="v0:{timestamp}:{body}",
    timestamp="X-Slack-Request-Timestamp",
)
BITBUCKET = HmacSignature(header="X-Hub-Signature", prefix="sha256=")


def test_the_published_example_of_slack():
    # https://docs.slack.dev/authentication/verifying-requests-from-slack, seen 2026-11-23
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    request = post({"X-Slack-Signature": signature, "X-Slack-Request-Timestamp": "1531420618"}, SLACK_BODY)
    assert SLACK.verify(request, ["8f742231b10e8888abcd99yyyzzz85a5"], 1_531_420_618, 300) == 0
    with pytest.raises(StaleTimestamp):
        SLACK.verify(request, ["8f742231b10e8888abcd99yyyzzz85a5"], NOW, 300)


def test_the_published_example_of_bitbucket():
    signature = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    request = post({"X-Hub-Signature": signature}, b"Hello World!")
    assert accepts(BITBUCKET, request, "It's a Secret to Everybody")


T = str(NOW)
PROVIDERS = [
    # the declaration, the headers as the provider would send them (signed by hand with "key")
    # Shopify: base64 of the body's HMAC
    (
        {"header": "X-Shopify-Hmac-Sha256", "encoding": "base64"},
        {"X-Shopify-Hmac-Sha256": base64.b64encode(mac("key", BODY)).decode()},
    ),
    # Vercel: SHA-1
    (
        {"header": "x-vercel-signature", "algorithm": "sha1"},
        {"x-vercel-signature": mac("key", BODY, "sha1").hex()},
    ),
    # Authorize.Net: SHA-512 in capitals
    (
        {"header": "X-ANET-Signature", "algorithm": "sha512", "prefix": "sha512="},
        {"X-ANET-Signature": "sha512=" + mac("key", BODY, "sha512").hex().upper()},
    ),
    # Square: the URL before the body
    (
        {"header": "x-square-hmacsha256-signature", "encoding": "base64", "signed": "{url}{body}"},
        {"x-square-hmacsha256-signature": base64.b64encode(mac("key", URL.encode() + BODY)).decode()},
    ),
    # Paddle: a list with semicolons, two signatures
    (
        {"header": "P", "separator": ";", "version": "h1", "timestamp": "ts", "signed": "{timestamp}:{body}"},
        {"P": f"ts={T};h1=00;h1={mac('key', T.encode() + b':' + BODY).hex()}"},
    ),
    # WorkOS: a list with spaces after the commas, milliseconds
    (
        {
            "header": "WorkOS-Signature",
            "separator": ",",
            "version": "v1",
            "timestamp": "t",
            "timestamp_unit": "ms",
            "signed": "{timestamp}.{body}",
        },
        {"WorkOS-Signature": f"t={T}123, v1={mac('key', T.encode() + b'123.' + BODY).hex()}"},
    ),
    # PagerDuty: a list without a time
    (
        {"header": "X-PagerDuty-Signature", "separator": ",", "version": "v1"},
        {"X-PagerDuty-Signature": f"v1=00,v1={mac('key', BODY).hex()}"},
    ),
    # Twitch: a signed header and an ISO time
    (
        {
            "header": "S",
            "prefix": "sha256=",
            "timestamp": "T",
            "timestamp_unit": "iso",
            "signed": "{header:Message-Id}{timestamp}{body}",
        },
        {
            "Message-Id": "m1",
            "T": "2027-01-15T08:00:00.123456789Z",
            "S": "sha256=" + mac("key", b"m12027-01-15T08:00:00.123456789Z" + BODY).hex(),
        },
    ),
    # HubSpot: the method too
    (
        {"header": "H", "encoding": "base64", "timestamp": "T", "signed": "{method}{url}{body}{timestamp}"},
        {"T": T, "H": base64.b64encode(mac("key", b"POST" + URL.encode() + BODY + T.encode())).decode()},
    ),
    # a list for the signatures and a header for the time
    (
        {
            "header": "L",
            "separator": " ",
            "version": "v1",
            "timestamp": "header.T",
            "signed": "{timestamp}{body}",
        },
        {"T": T, "L": f"v0=00 v1={mac('key', T.encode() + BODY).hex()}"},
    ),
    # base64url, with its padding
    (
        {"header": "S", "encoding": "base64url"},
        {"S": base64.urlsafe_b64encode(mac("key", BODY)).decode()},
    ),
]


@pytest.mark.parametrize(("facts", "headers"), PROVIDERS)
def test_a_declaration_covers_a_provider(facts, headers):
    scheme = HmacSignature(**facts)
    assert accepts(scheme, post(headers), "other", "key")
    assert not accepts(scheme, post(headers), "other")
    assert not accepts(scheme, post(headers, BODY + b" "), "key")
    assert not accepts(scheme, post({}), "key")


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_the_key_behind_an_encoded_secret(encoding):
    key = hashlib.sha256(b"seed").digest()
    secret = key.hex() if encoding == "hex" else base64.b64encode(key).decode().rstrip("=")
    scheme = HmacSignature(header="S", secret_encoding=encoding)
    assert accepts(scheme, post({"S": mac(key, BODY).hex()}), secret)
    assert not accepts(scheme, post({"S": mac(secret, BODY).hex()}), secret)


SIGNATURE = mac("key", BODY).hex()
NOT_AT_THE_START = [
    # a prefix counts at position 0 only
    f"xsha256={SIGNATURE}",
    f" sha256={SIGNATURE}",
    f"sha256= {SIGNATURE}",
    SIGNATURE,
    "sha256=",
    f"SHA256={SIGNATURE}",
]


@pytest.mark.parametrize("value", NOT_AT_THE_START)
def test_the_prefix_is_required_at_the_very_start(value):
    assert accepts(BITBUCKET, post({"X-Hub-Signature": f"sha256={SIGNATURE}"}), "key")
    assert not accepts(BITBUCKET, post({"X-Hub-Signature": value}), "key")


def test_an_empty_secret_matches_nothing_even_where_it_signed():
    for encoding in ("text", "hex", "base64"):
        scheme = HmacSignature(header="S", secret_encoding=encoding)
        assert not accepts(scheme, post({"S": mac(b"", BODY).hex()}), "", "=")
    assert not accepts(SharedToken(header="T"), post({"T": " "}), "", " ")
    assert not accepts(SharedToken(query="t"), post({}, url=f"{URL}&t="), "")
    assert not accepts(BasicAuth(), post({"Authorization": "Basic Og=="}), ":", "")


def test_a_malformed_secret_is_told_but_not_shown():
    for encoding in ("hex", "base64"):
        scheme = HmacSignature(header="S", secret_encoding=encoding)
        with pytest.raises(ValueError, match=f"^the secret is not {encoding}$"):
            scheme.check_secret("4711 is no such thing")
        with pytest.raises(VerificationError, match=f"secret 2 is unusable: the secret is not {encoding}"):
            scheme.verify(post({"S": "00"}), ["00aa", "4711 is no such thing"], NOW, None)


CONTRADICTIONS = [
    # the facts, the word that the message begins with
    ({"signed": "{timestamp}"}, "signed"),  # the body is not signed
    ({"signed": "{timestamp}.{body}"}, "timestamp"),  # where is the time?
    ({"timestamp": "X-Time"}, "timestamp"),  # a time that nobody signed
    ({"signed": "{bdoy}{body}"}, "signed"),
    ({"signed": "{body}}"}, "signed"),
    ({"signed": "{header:a b}{body}"}, "'a b' is not the name of a header"),
    ({"version": "v1"}, "version"),  # one signature has no version
    ({"version": "v1", "separator": ",", "prefix": "x"}, "prefix"),
    ({"header": ""}, "'' is not the name of a header"),
    ({"header": "é"}, "'é' is not the name of a header"),
    ({"timestamp": "é", "signed": "{timestamp}{body}"}, "'é' is not the name of a header"),
]


@pytest.mark.parametrize(("facts", "word"), CONTRADICTIONS)
def test_a_declaration_that_cannot_be_right_is_refused(facts, word):
    with pytest.raises(ValueError, match=f"^{word}"):
        HmacSignature(**{"header": "S", **facts})


def test_every_secret_is_tried_and_the_first_that_matches_is_told():
    request = post({"X-Hub-Signature": f"sha256={SIGNATURE}"})
    assert BITBUCKET.verify(request, ["a", "key", "b", "key"], NOW, None) == 1
