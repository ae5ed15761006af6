"""Asymmetric keys as people paste them into a secret, and certificates made for tests.

A secret is a public key, or for `gateway trigger` and tests the private one: in PEM (line breaks may be
written `\\n`), or on one line in base64 (DER: SubjectPublicKeyInfo or PKCS #8). An Ed25519 key may also be
its 32 bytes in hex or base64, the private one followed by the public one.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa

from adapters.base import VerificationError, check_text

Public = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey
Private = Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey

CURVES = {"P-256": SECP256R1, "P-384": SECP384R1}
_HINT = "paste the provider's public key, in PEM or as base64 on one line"


@dataclass(frozen=True, slots=True)
class Pair:
    """A public key, and the private one where the secret holds it."""

    public: Public
    private: Private | None = None


@lru_cache(maxsize=1024)
def read_pair(secret: str) -> Pair:
    """The key in `secret`. Raises ValueError, without showing it, where it holds none that is known."""
    text = secret.strip().replace("\\n", "\n")
    if text.startswith("-----BEGIN "):
        return _checked(_from_pem(text))
    check_text(secret)
    for decode in (binascii.unhexlify, lambda raw: base64.b64decode(raw, validate=True)):
        try:
            raw = decode(text.encode())
        except ValueError:
            continue
        if (pair := _from_bytes(raw)) is not None:
            return _checked(pair)
    raise ValueError(f"the secret is not a key: {_HINT}")


def ed25519_of(secret: str) -> Ed25519PublicKey:
    """The public Ed25519 key in `secret`. Raises ValueError where it is none."""
    public = read_pair(secret).public
    if not isinstance(public, Ed25519PublicKey):
        raise ValueError("the secret is a key of another kind than Ed25519")
    return public


def ecdsa_of(secret: str, curve: str) -> EllipticCurvePublicKey:
    """The public key on `curve` (P-256, P-384) in `secret`. Raises ValueError where it is none."""
    public = read_pair(secret).public
    if not isinstance(public, EllipticCurvePublicKey) or not isinstance(public.curve, CURVES[curve]):
        raise ValueError(f"the secret is not an elliptic key on the curve {curve}")
    return public


def rsa_of(secret: str) -> RSAPublicKey:
    """The public RSA key in `secret`. Raises ValueError where it is none."""
    public = read_pair(secret).public
    if not isinstance(public, RSAPublicKey):
        raise ValueError("the secret is a key of another kind than RSA")
    return public


def private_of(secret: str) -> Private:
    """The private key in `secret`. Raises ValueError where it holds a public one only, or none."""
    private = read_pair(secret).private
    if private is None:
        raise ValueError("the secret is a public key, which cannot sign; a private key can")
    return private


def new_ed25519() -> str:
    """A new Ed25519 key pair as hex: the private key, then the public one."""
    private = Ed25519PrivateKey.generate()
    return (private.private_bytes_raw() + private.public_key().public_bytes_raw()).hex()


def new_ecdsa(curve: str) -> str:
    """A new private key on `curve` (P-256, P-384) as base64 of its PKCS #8."""
    return _written(generate_private_key(CURVES[curve]()))


def new_rsa() -> str:
    """A new RSA key of 2048 bits as base64 of its PKCS #8. Takes some 50 ms."""
    return _written(generate_rsa(65537, 2048))


def self_signed(private: Private, name: str, now: float) -> bytes:
    """A certificate in PEM for `private`, valid a day before and a year after `now`, for tests."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    moment = datetime.fromtimestamp(now, UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, private.public_key(), x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=365))
        .sign(private, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


@lru_cache(maxsize=256)
def read_certificate(pem: bytes) -> x509.Certificate:
    """The first certificate in `pem`. Raises VerificationError where there is none."""
    try:
        return x509.load_pem_x509_certificates(pem)[0]
    except ValueError:
        raise VerificationError("what was fetched is not a certificate in PEM") from None


def check_certificate(certificate: x509.Certificate, now: float, name: str = "") -> None:
    """Raise VerificationError where it is not valid at `now`, or is for no name that ends with `name`."""
    if not certificate.not_valid_before_utc.timestamp() <= now <= certificate.not_valid_after_utc.timestamp():
        raise VerificationError("the certificate is not valid at this time")
    if name and not any(text.endswith(name) for text in _names(certificate)):
        raise VerificationError(f"the certificate is not for a name that ends with {name!r}")


def _names(certificate: x509.Certificate) -> list[str]:
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    names = [str(attribute.value) for attribute in common]
    try:
        other = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return names
    return [*names, *other.get_values_for_type(x509.DNSName)]


def _from_pem(text: str) -> Pair:
    try:
        if "CERTIFICATE-----" in text:
            return Pair(_known(x509.load_pem_x509_certificate(text.encode()).public_key()))
        if "PRIVATE KEY-----" in text:
            return _pair(serialization.load_pem_private_key(text.encode(), None))
        return Pair(_known(serialization.load_pem_public_key(text.encode())))
    except (TypeError, ValueError, UnicodeEncodeError):
        raise ValueError(f"the secret starts like PEM, but is not a key: {_HINT}") from None


def _from_bytes(raw: bytes) -> Pair | None:
    if len(raw) == 32:
        return Pair(Ed25519PublicKey.from_public_bytes(raw))
    if len(raw) == 64:
        private = Ed25519PrivateKey.from_private_bytes(raw[:32])
        if private.public_key().public_bytes_raw() != raw[32:]:
            raise ValueError("the two halves of the secret do not belong together")
        return Pair(private.public_key(), private)
    try:
        return Pair(_known(serialization.load_der_public_key(raw)))
    except ValueError:
        pass
    try:
        return _pair(serialization.load_der_private_key(raw, None))
    except (TypeError, ValueError):
        return None


def _pair(private: object) -> Pair:
    if not isinstance(private, Private):
        raise ValueError("the secret is a key of a kind that no scheme uses")
    return Pair(private.public_key(), private)


def _known(public: object) -> Public:
    if not isinstance(public, Public):
        raise ValueError("the secret is a key of a kind that no scheme uses")
    return public


def _checked(pair: Pair) -> Pair:
    """`pair`, where it is strong enough to prove something."""
    if isinstance(pair.public, RSAPublicKey) and pair.public.key_size < 2048:
        raise ValueError(f"the secret is an RSA key of {pair.public.key_size} bits; 2048 are needed")
    return pair


def _written(private: EllipticCurvePrivateKey | RSAPrivateKey) -> str:
    der = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return base64.b64encode(der).decode()
