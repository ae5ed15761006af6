"""Signatures that a provider makes with a private key, as declarations.

    scheme = Ed25519Signature(header="X-Signature-Ed25519", signed="{timestamp}{body}",
                              timestamp="X-Signature-Timestamp")                                # Discord
    scheme = EcdsaSignature(header="X-Twilio-Email-Event-Webhook-Signature", signed="{timestamp}{body}",
                            timestamp="X-Twilio-Email-Event-Webhook-Timestamp")                 # SendGrid

The secret is the provider's public key; `adapters.keys` says how it may be written. With a
private key as the secret, which `generate_secret` makes, they also sign. `adapters.certificate` has the
scheme for certificates that are fetched, `adapters.jwt` the one for tokens.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    EllipticCurvePrivateKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from adapters.base import Scheme, VerificationError, WebhookRequest, header_name
from adapters.keys import (
    ecdsa_of,
    ed25519_of,
    new_ecdsa,
    new_ed25519,
    new_rsa,
    private_of,
    rsa_of,
)
from adapters.matching import first_match
from adapters.places import Place, compile_path
from adapters.template import Render, compile_template, proof_text, written_into_body
from adapters.times import Unit, check_age, signed_time, write_time

Hash = Literal["sha1", "sha256", "sha384", "sha512"]
_SIZES = {"P-256": 32, "P-384": 48}  # bytes of r and of s
HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512,
}  # fmt: skip


@dataclass(frozen=True)
class AsymmetricSignature(Scheme):
    """What the schemes of this module have in common.

    `signed` is a template (`adapters.template`), or empty in a subclass that overrides `signed_content`.
    `timestamp` is a header's name, or a place (`body.x`); it must be in what is signed.
    """

    header: str = ""
    place: str = ""
    """Where in the body the signature is, instead of in a header."""
    signed: str = "{body}"
    timestamp: str = ""
    timestamp_unit: Unit = "s"
    prefix: str = ""
    encoding: Literal["base64", "hex"] = "base64"

    _place: Place = field(init=False, repr=False, compare=False)
    _time: Place | None = field(init=False, repr=False, compare=False)
    _render: Render | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if bool(self.header) == bool(self.place):
            raise ValueError("state either the header or the place in the body that holds the signature")
        own = type(self).signed_content is not AsymmetricSignature.signed_content
        if not own and bool(self.timestamp) != ("{timestamp}" in self.signed):
            raise ValueError("timestamp: state where the time is and use {timestamp} in signed, or neither")
        place = f"header.{header_name(self.header)}" if self.header else self.place
        object.__setattr__(self, "_place", compile_path(place))
        object.__setattr__(self, "_time", compile_path(place_of(self.timestamp)) if self.timestamp else None)
        object.__setattr__(self, "_render", None if own else compile_template(self.signed))

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        stamp, given = self._stamp(request), self._given(request)
        signed_at = signed_time(stamp, self.timestamp_unit) if stamp else now
        content = self.signed_content(request, stamp)
        index = self._match(request, secrets, content, given, now)
        check_age(signed_at, now, tolerance)
        return index

    def signed_content(self, request: WebhookRequest, stamp: str) -> bytes:
        """What is signed; `stamp` is the signed time's text. Raises VerificationError where a part lacks."""
        assert self._render, "a subclass that states no template overrides this"
        return self._render(request, stamp)

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        self.check_secret(secret)
        private_of(secret)
        stamp = write_time(now, self.timestamp_unit) if self.timestamp else ""
        if self.timestamp:
            request = with_value(request, place_of(self.timestamp), stamp)
        value = self._signature(secret, self.signed_content(request, stamp), request)
        text = value.hex() if self.encoding == "hex" else base64.b64encode(value).decode()
        return with_value(request, f"header.{self.header}" if self.header else self.place, self.prefix + text)

    def signed_bytes(self, request: WebhookRequest) -> bytes | None:
        return self.signed_content(request, self._stamp(request))

    def proves(self, secret: str, content: bytes, given: bytes) -> bool:
        """Whether `given` is the signature of `content` by the key of `secret`. Raises ValueError."""
        raise NotImplementedError

    def _match(
        self, request: WebhookRequest, secrets: Sequence[str], content: bytes, given: bytes, now: float
    ) -> int:
        what = f"the signature in {self.header or self.place}"
        return first_match(secrets, lambda secret: self.proves(secret, content, given), what)

    def _signature(self, secret: str, content: bytes, request: WebhookRequest) -> bytes:
        raise NotImplementedError

    def _given(self, request: WebhookRequest) -> bytes:
        where = self.header or self.place
        text = request.headers.proof(self.header) if self.header else proof_text(request, self._place, where)
        if not text.startswith(self.prefix):
            raise VerificationError(f"{where} does not start with {self.prefix!r}")
        return _decoded(text[len(self.prefix) :], self.encoding, where)

    def _stamp(self, request: WebhookRequest) -> str:
        if self._time is None:
            return ""
        if "." not in self.timestamp:
            return request.headers.proof(self.timestamp)
        return proof_text(request, self._time, self.timestamp)


@dataclass(frozen=True)
class Ed25519Signature(AsymmetricSignature):
    """Ed25519 (RFC 8032), in hex unless it says otherwise."""

    encoding: Literal["base64", "hex"] = "hex"

    def check_secret(self, secret: str) -> None:
        ed25519_of(secret)

    def generate_secret(self) -> str:
        return new_ed25519()

    def proves(self, secret: str, content: bytes, given: bytes) -> bool:
        try:
            ed25519_of(secret).verify(given, content)
        except InvalidSignature:
            return False
        return True

    def _signature(self, secret: str, content: bytes, request: WebhookRequest) -> bytes:
        private = private_of(secret)
        assert isinstance(private, Ed25519PrivateKey)
        return private.sign(content)


@dataclass(frozen=True)
class EcdsaSignature(AsymmetricSignature):
    """ECDSA; the signature is DER, or `form="raw"`: r and s, each as long as the curve's order."""

    curve: Literal["P-256", "P-384"] = "P-256"
    hash: Hash = "sha256"
    form: Literal["der", "raw"] = "der"

    def check_secret(self, secret: str) -> None:
        ecdsa_of(secret, self.curve)

    def generate_secret(self) -> str:
        return new_ecdsa(self.curve)

    def proves(self, secret: str, content: bytes, given: bytes) -> bool:
        public, size = ecdsa_of(secret, self.curve), _SIZES[self.curve]
        if self.form == "raw":
            if len(given) != 2 * size:
                return False
            given = encode_dss_signature(int.from_bytes(given[:size]), int.from_bytes(given[size:]))
        try:
            public.verify(given, content, ECDSA(HASHES[self.hash]()))
        except InvalidSignature:
            return False
        return True

    def _signature(self, secret: str, content: bytes, request: WebhookRequest) -> bytes:
        private = private_of(secret)
        assert isinstance(private, EllipticCurvePrivateKey)
        signature = private.sign(content, ECDSA(HASHES[self.hash]()))
        if self.form == "der":
            return signature
        size = _SIZES[self.curve]
        return b"".join(number.to_bytes(size) for number in decode_dss_signature(signature))


@dataclass(frozen=True)
class RsaSignature(AsymmetricSignature):
    """RSA with PKCS #1 v1.5."""

    hash: Hash = "sha256"

    def check_secret(self, secret: str) -> None:
        rsa_of(secret)

    def generate_secret(self) -> str:
        return new_rsa()

    def hash_of(self, request: WebhookRequest) -> Hash:
        """The hash that `request` is signed with, for a provider with several; never one it only claims."""
        return self.hash

    def proves(self, secret: str, content: bytes, given: bytes) -> bool:
        return rsa_proves(rsa_of(secret), content, given, self.hash)

    def _signature(self, secret: str, content: bytes, request: WebhookRequest) -> bytes:
        private = private_of(secret)
        assert isinstance(private, RSAPrivateKey)
        return private.sign(content, PKCS1v15(), HASHES[self.hash_of(request)]())


def rsa_proves(public: RSAPublicKey, content: bytes, given: bytes, hash: Hash) -> bool:
    """Whether `given` is the signature of `content` by the key of `public`."""
    try:
        public.verify(given, content, PKCS1v15(), HASHES[hash]())
    except InvalidSignature:
        return False
    return True


def place_of(timestamp: str) -> str:
    """The place that a timestamp's short form names: a header's name alone is a header."""
    return timestamp if "." in timestamp else f"header.{timestamp}"


def with_value(request: WebhookRequest, place: str, value: str) -> WebhookRequest:
    """`request` with `value` at `place`: header.X, body.x or form.x."""
    if place.startswith("header."):
        return request.with_headers({place.removeprefix("header."): value})
    return written_into_body(request, place, value)


def _decoded(text: str, encoding: str, where: str) -> bytes:
    """The bytes of a signature, decoded strictly: one text for each signature and no other."""
    try:
        raw = binascii.unhexlify(text) if encoding == "hex" else base64.b64decode(text, validate=True)
    except ValueError:
        raise VerificationError(f"{where} is not valid {encoding}") from None
    if encoding == "base64" and base64.b64encode(raw).decode() != text:
        raise VerificationError(f"{where} is not valid base64")
    return raw
