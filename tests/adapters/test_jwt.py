"""Signed tokens: the RFC's vector, key sets, and the ways of forging one."""

import base64
import hashlib
from dataclasses import replace

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives import serialization

from adapters.base import Headers, KeyRequest, NeedsKey, StaleTimestamp, VerificationError, WebhookRequest
from adapters.jwt import JwtSignature
from adapters.keys import private_of, read_pair

NOW = 1_800_000_000
BODY = b'{"id":1}'
HASH = hashlib.sha256(BODY).hexdigest()
JWKS = "https://keys.example.com/jwks"
SHARED = JwtSignature(
    header="X-Token", prefix="", algorithms=("HS256",), issuers=("netlify",), body_hash_claim="sha256"
)
PUBLISHED = JwtSignature(
    algorithms=("RS256",), jwks=JWKS, issuers=("accounts",), audience="me", claims={"email_verified": True}
)
KEY = PUBLISHED.generate_secret()
SECRET = "short secret"


def post(token: str, header: str = "X-Token", body: bytes = BODY, **keys: bytes) -> WebhookRequest:
    return WebhookRequest("POST", "https://gateway.example/x", Headers.of({header: token}), body, NOW)


def refused(scheme, request: WebhookRequest, *secrets: str, now: float = NOW, tolerance=None) -> bool:
    try:
        scheme.verify(request, secrets, now, tolerance)
    except VerificationError:
        return True
    return False


def token(claims: dict, key=SECRET, algorithm: str = "HS256", **header: str) -> str:
    if algorithm == "HS256":
        key = key.encode().ljust(32, b"\0") if isinstance(key, str) else key
    return jwt.encode(claims, key, algorithm, headers=header)


def padded(secret: str) -> str:
    """The secret as the tests' own signer has it, which warns of short ones."""
    return secret.ljust(32, "x")


def test_the_example_of_rfc_7515_is_proven():
    # RFC 7515, A.1: {"iss":"joe","exp":1300819380,"http://example.com/is_root":true}
    text = (
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGF"
        "tcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )
    key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    raw = base64.urlsafe_b64decode(key + "==")
    scheme = type("Raw", (JwtSignature,), {"_key": lambda self, secret: raw})(
        header="X-Token", prefix="", algorithms=("HS256",), issuers=("joe",)
    )
    assert scheme.verify(post(text), ["any"], 1_300_819_380, None) == 0
    with pytest.raises(StaleTimestamp):
        scheme.verify(post(text), ["any"], 1_300_819_380 + 61, None)


def test_a_short_secret_is_taken_as_it_is():
    request = SHARED.sign(post("").with_headers({}), SECRET, NOW)
    request = replace(request, headers=Headers(request.headers.raw[1:]))
    assert SHARED.verify(request, ["other", SECRET], NOW, None) == 1
    assert refused(SHARED, replace(request, body=b"{}"), SECRET)


CLAIMS = [
    # claims, accepted
    ({"iss": "netlify", "sha256": HASH}, True),
    ({"iss": "netlify", "sha256": HASH, "exp": NOW - 60}, True),  # within the leeway
    ({"iss": "netlify", "sha256": HASH, "exp": NOW - 61}, False),
    ({"iss": "netlify", "sha256": HASH, "nbf": NOW + 61}, False),
    ({"iss": "netlify", "sha256": HASH, "exp": "soon"}, False),
    ({"iss": "netlify", "sha256": HASH, "exp": True}, False),
    ({"iss": "netlify", "sha256": HASH, "exp": 1e300}, False),
    ({"iss": "other", "sha256": HASH}, False),
    ({"iss": ["netlify"], "sha256": HASH}, False),
    ({"sha256": HASH}, False),
    ({"iss": "netlify", "sha256": HASH[:-1] + "0"}, False),
    ({"iss": "netlify", "sha256": "é"}, False),
    ({"iss": "netlify", "sha256": None}, False),
    ({"iss": "netlify"}, False),
]


@pytest.mark.parametrize(("claims", "accepted"), CLAIMS)
def test_the_claims_must_be_as_stated(claims, accepted):
    text = jwt.PyJWS().encode(orjson.dumps(claims), padded(SECRET).encode(), "HS256")
    assert refused(SHARED, post(text), padded(SECRET)) is not accepted


def test_the_issue_time_counts_where_there_is_a_tolerance():
    for off, accepted in ((-301, False), (-300, True), (300, True), (301, False)):
        request = post(token({"iss": "netlify", "sha256": HASH, "iat": NOW + off}, padded(SECRET)))
        assert refused(SHARED, request, padded(SECRET), tolerance=300) is not accepted
    request = post(token({"iss": "netlify", "sha256": HASH}, padded(SECRET)))
    assert refused(SHARED, request, padded(SECRET), tolerance=300)


def keyed(scheme: JwtSignature = PUBLISHED, **changes) -> WebhookRequest:
    request = WebhookRequest("POST", "https://gateway.example/x", Headers([]), BODY, NOW)
    return replace(scheme.sign(request, KEY, NOW), **changes)


def test_a_key_set_is_asked_for_and_then_proves():
    with pytest.raises(NeedsKey) as question:
        PUBLISHED.verify(keyed(keys={}), [], NOW, None)
    assert question.value.request == KeyRequest(JWKS)
    assert PUBLISHED.verify(keyed(), [], NOW, None) == 0
    assert PUBLISHED.may_fetch(JWKS) and not PUBLISHED.may_fetch(JWKS + "/other")


DOCUMENTS = [
    b"",
    b"[]",
    b"{}",
    b'{"keys":{}}',
    b'{"keys":[null]}',
    b'{"keys":[{"kid":"sample"}]}',
    b'{"sample":"PEM"}',
    b'{"keys":[{"kid":"sample","kty":"oct","k":"AAAA"}]}',
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_key_set_without_the_key_proves_nothing(document):
    assert refused(PUBLISHED, keyed(keys={JWKS: document, f"{JWKS}#sample": document}))


def test_a_key_that_the_set_lacks_is_asked_for_once_more():
    rotated = keyed().keys[JWKS].replace(b"sample", b"older")
    with pytest.raises(NeedsKey) as question:
        PUBLISHED.verify(keyed(keys={JWKS: rotated}), [], NOW, None)
    assert question.value.url == f"{JWKS}#sample" and question.value.request.target == JWKS
    assert not refused(PUBLISHED, keyed(keys={JWKS: rotated, f"{JWKS}#sample": keyed().keys[JWKS]}))


def test_a_key_of_another_name_or_twice_proves_nothing():
    jwk = orjson.loads(keyed().keys[JWKS])["keys"][0]
    for keys in ([{**jwk, "kid": "other"}], [jwk, jwk]):
        document = orjson.dumps({"keys": keys})
        assert refused(PUBLISHED, keyed(keys={JWKS: document, f"{JWKS}#sample": document}))
    assert not refused(PUBLISHED, keyed(keys={JWKS: orjson.dumps({"key": jwk})}))


WRONG = [{"audience": "you"}, {"issuers": ("b",)}, {"claims": {"email_verified": 1}}, {"required": ("sub",)}]


@pytest.mark.parametrize("facts", WRONG)
def test_a_token_for_someone_else_is_refused(facts):
    assert refused(replace(PUBLISHED, **facts), keyed())


def public_pem() -> bytes:
    return read_pair(KEY).public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def forged(algorithm: str) -> str:
    """A token that says it is signed with `algorithm`, without a signature."""
    parts = [
        orjson.dumps({"alg": algorithm, "kid": "sample"}),
        orjson.dumps({"iss": "accounts", "aud": "me"}),
    ]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def test_no_other_algorithm_is_accepted():
    scheme = JwtSignature(algorithms=("RS256",))
    claims = {"iss": "accounts"}
    good = f"Bearer {token(claims, private_of(KEY), 'RS256')}"
    assert scheme.verify(post(good, "Authorization"), [public_pem().decode()], NOW, None) == 0
    others = [forged(name) for name in ("none", "None", "HS256", "RS256", "", "ES256")]
    others.append(token(claims, private_of(KEY), "RS512"))
    for text in others:
        assert refused(scheme, post(f"Bearer {text}", "Authorization"), public_pem().decode())


@pytest.mark.parametrize(
    "text", ["", "a", "a.b", "a.b.c", "..", "e30.e30.", "Bearer ", "Bearer ..", "a.b.c.d", "{}.{}.{}"]
)
def test_what_is_no_token_is_refused(text):
    assert refused(SHARED, post(text), SECRET)
    assert refused(PUBLISHED, post(text, "Authorization"))


@pytest.mark.parametrize("algorithms", [(), ("none",), ("HS256", "RS256"), ("EdDSA",)])
def test_a_declaration_that_cannot_be_right_is_refused(algorithms):
    with pytest.raises(ValueError, match="algorithms"):
        JwtSignature(algorithms=algorithms)


def test_a_jwk_is_a_secret_too():
    scheme = JwtSignature(algorithms=("RS256",))
    jwk = orjson.dumps(orjson.loads(keyed().keys[JWKS])["keys"][0]).decode()
    scheme.check_secret(jwk)
    assert (
        scheme.verify(
            post(f"Bearer {token({}, private_of(KEY), 'RS256')}", "Authorization"), [jwk], NOW, None
        )
        == 0
    )
    with pytest.raises(ValueError, match="right kind"):
        scheme.check_secret('{"kty":"oct"}')
