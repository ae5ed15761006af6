"""Ed25519, ECDSA, RSA and certificates: published vectors, openssl, and what must be refused."""

import base64
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from adapters.asymmetric import EcdsaSignature, Ed25519Signature, RsaSignature
from adapters.base import Headers, NeedsKey, StaleTimestamp, VerificationError, WebhookRequest
from adapters.certificate import RsaCertificateSignature
from adapters.keys import private_of, read_pair, self_signed

NOW = 1_800_000_000


def post(body: bytes = b'{"id":1}', **headers: str) -> WebhookRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebhookRequest("POST", "https://gateway.example/x", Headers.of(named), body, NOW)


def refused(scheme, request: WebhookRequest, *secrets: str, now: float = NOW) -> bool:
    try:
        scheme.verify(request, secrets, now, 300)
    except VerificationError:
        return True
    return False


# RFC 8032, 7.1, test 3
PUBLIC = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
SIGNATURE = (
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)
ED25519 = Ed25519Signature(header="X-Sig")


def test_ed25519_accepts_the_vector_of_the_rfc():
    request = post(bytes.fromhex("af82"), X_Sig=SIGNATURE)
    for secret in (PUBLIC, PUBLIC.upper(), base64.b64encode(bytes.fromhex(PUBLIC)).decode()):
        assert ED25519.verify(request, [secret], NOW, None) == 0


ODD = ["", SIGNATURE[:-1], SIGNATURE[:-2], SIGNATURE + "00", "z" * 128, f" {SIGNATURE}", SIGNATURE[:64] * 2]


@pytest.mark.parametrize("signature", ODD)
def test_ed25519_refuses_an_odd_signature(signature):
    assert refused(ED25519, post(bytes.fromhex("af82"), X_Sig=signature), PUBLIC)


def openssl(*arguments: str, input: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=input, capture_output=True, check=True).stdout


def signed_by_openssl(tmp_path, content: bytes, *algorithm: str) -> tuple[bytes, str]:
    """The signature, and the public key in PEM."""
    key = tmp_path / "key.pem"
    key.write_bytes(openssl("genpkey", *algorithm))
    signature = openssl("dgst", "-sha256", "-sign", str(key), input=content)
    return signature, openssl("pkey", "-in", str(key), "-pubout").decode()


P256 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA2048 = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")


def test_ecdsa_accepts_what_openssl_signed(tmp_path):
    scheme = EcdsaSignature(header="X-Sig", signed="{timestamp}{body}", timestamp="X-Time")
    signature, pem = signed_by_openssl(tmp_path, b'1800000000{"id":1}', *P256)
    request = post(X_Sig=base64.b64encode(signature).decode(), X_Time="1800000000")
    spki = "".join(pem.splitlines()[1:-1])
    for secret in (pem, pem.replace("\n", "\\n"), spki):
        assert scheme.verify(request, [scheme.generate_secret(), secret], NOW, 300) == 1
    assert refused(scheme, request.with_body(b"{}"), pem)
    with pytest.raises(StaleTimestamp):
        scheme.verify(request, [pem], NOW + 301, 300)


def test_rsa_accepts_what_openssl_signed(tmp_path):
    scheme = RsaSignature(header="X-Sig")
    signature, pem = signed_by_openssl(tmp_path, b'{"id":1}', *RSA2048)
    request = post(X_Sig=base64.b64encode(signature).decode())
    assert scheme.verify(request, [pem], NOW, None) == 0
    assert refused(scheme, request.with_body(b"{}"), pem)
    assert refused(RsaSignature(header="X-Sig", hash="sha512"), request, pem)


@pytest.mark.parametrize("curve", ["P-256", "P-384"])
def test_a_raw_signature_is_two_numbers_of_one_length(curve):
    scheme = EcdsaSignature(header="X-Sig", form="raw", curve=curve, encoding="hex")
    secret = scheme.generate_secret()
    request = scheme.sign(post(), secret, NOW)
    value = request.headers.get("X-Sig")
    assert len(value) == (128 if curve == "P-256" else 192)
    assert scheme.verify(request, [secret], NOW, None) == 0
    for odd in (value[:-2], value + "00", "00" * (len(value) // 2)):
        assert refused(scheme, post(X_Sig=odd), secret)


def test_base64_is_taken_in_one_spelling_only():
    scheme = EcdsaSignature(header="X-Sig", form="raw")
    secret = scheme.generate_secret()
    value = scheme.sign(post(), secret, NOW).headers.get("X-Sig")
    other = value[:-3] + chr(ord(value[-3]) + 1) + "=="  # the last bits, which decoding drops
    assert base64.b64decode(other) == base64.b64decode(value)
    for odd in (other, value.rstrip("="), value + "\n", "!" + value):
        assert refused(
            scheme, post(X_Sig=odd.strip("\n")) if odd != value + "\n" else post(X_Sig=odd), secret
        )


def pem_of(private) -> str:
    return (
        private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


BAD_KEYS = [
    # secret, what the message says
    ("", "the secret is empty"),
    ("4711", "not a key"),
    (PUBLIC[:-2], "not a key"),
    (PUBLIC * 2, "do not belong together"),
    ("-----BEGIN PUBLIC KEY-----\n4711\n-----END PUBLIC KEY-----", "starts like PEM"),
    (pem_of(rsa.generate_private_key(65537, 1024)), "2048 are needed"),
    (pem_of(ec.generate_private_key(ec.SECP384R1())), "not an elliptic key on the curve P-256"),
    (PUBLIC, "not an elliptic key on the curve P-256"),
]


@pytest.mark.parametrize(("secret", "message"), BAD_KEYS)
def test_a_secret_that_is_no_such_key_is_named_but_not_shown(secret, message):
    scheme = EcdsaSignature(header="X-Sig")
    with pytest.raises(ValueError, match=message) as error:
        scheme.check_secret(secret)
    assert "4711" not in str(error.value)
    assert refused(scheme, scheme.sign(post(), scheme.generate_secret(), NOW), secret)


def test_a_public_key_does_not_sign():
    with pytest.raises(ValueError, match="cannot sign"):
        ED25519.sign(post(), PUBLIC, NOW)


URL = "https://api.paypal.com/v1/notifications/certs/CERT-1"
CERTIFIED = RsaCertificateSignature(
    header="X-Sig",
    certificate="header.X-Cert",
    hosts=("api.paypal.com",),
    path="/v1/notifications/certs/[A-Za-z0-9-]+",
    name=".paypal.com",
    sample_url=URL,
)
KEY = CERTIFIED.generate_secret()


def test_a_certificate_is_asked_for_and_then_proves():
    request = CERTIFIED.sign(post(), KEY, NOW)
    with pytest.raises(NeedsKey) as question:
        CERTIFIED.verify(WebhookRequest(**{**vars(request), "keys": {}}), [], NOW, None)
    assert (question.value.request.url, question.value.max_age) == (URL, 86_400)
    assert CERTIFIED.verify(request, [], NOW, None) == 0
    assert refused(CERTIFIED, request.with_body(b"{}"))


HOSTILE = [
    "http://api.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
    "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
    "https://u@api.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com/v1/notifications/certs/../CERT-1",
    "https://api.paypal.com/v1/notifications/certs/CERT-1?x=1",
    "https://api.paypal.com/v1/notifications/certs/CERT-1#x",
    "https://api.paypal.com/other",
    "CERT-1",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_url_is_never_asked_for_even_where_it_would_prove(url):
    evil = CERTIFIED.sign(post(X_Cert=URL), KEY, NOW)
    raw = [(name, url.encode() if name == b"x-cert" else value) for name, value in evil.headers.raw]
    request = WebhookRequest("POST", evil.url, Headers(raw), evil.body, NOW, {url: evil.keys[URL]})
    assert not CERTIFIED.may_fetch(url)
    assert refused(CERTIFIED, request)


def certificates() -> list[bytes]:
    """Certificates that must prove nothing: expired, not valid yet, of another name, no certificate."""
    private, small = private_of(KEY), rsa.generate_private_key(65537, 1024)
    return [
        self_signed(private, "sample.paypal.com", NOW - 366 * 86_400),
        self_signed(private, "sample.paypal.com", NOW + 2 * 86_400),
        self_signed(private, "sample.paypal.com.evil.example", NOW),
        self_signed(small, "sample.paypal.com", NOW),
        b"",
        b"<html>",
    ]


@pytest.mark.parametrize("certificate", certificates())
def test_a_certificate_that_proves_nothing(certificate):
    request = CERTIFIED.sign(post(), KEY, NOW)
    assert refused(CERTIFIED, request.with_keys({URL: certificate}))


def test_keys_are_read_from_a_certificate_too():
    pem = self_signed(private_of(KEY), "x.example", NOW).decode()
    assert read_pair(pem).public == read_pair(KEY).public
