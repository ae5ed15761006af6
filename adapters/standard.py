"""The signature scheme of Standard Webhooks: v1 (HMAC-SHA256) and v1a (Ed25519).

Seen 2026-11-23: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from secrets import token_bytes
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from adapters.base import Headers, Scheme, VerificationError, WebhookRequest, check_text
from adapters.schemes import first_match, secret_key
from adapters.times import check_age, signed_time, write_time

MAX_SIGNATURES = 32
"""Signatures in one header. An Ed25519 check costs fifty times an HMAC, so their number is bounded."""

MIN_KEY = 24
"""Bytes of an HMAC key at least, by the specification."""

SVIX_RETRIES = 5 + 300 + 1_800 + 7_200 + 18_000 + 36_000 + 36_000
"""Seconds over which Svix retries: 5 s, 5 min, 30 min, 2, 5, 10 and 10 h (https://docs.svix.com/retries)."""


class Key(Protocol):
    """What a secret stands for."""

    def proves(self, content: bytes, signatures: Sequence[bytes]) -> bool:
        """Whether one of the `signatures` (`v1,…`) is this key's over `content`."""
        ...

    def sign(self, content: bytes) -> str:
        """The signature of `content` with its version. Raises ValueError where the key cannot sign."""
        ...


@dataclass(frozen=True, slots=True)
class SymmetricKey:
    key: bytes

    def proves(self, content: bytes, signatures: Sequence[bytes]) -> bool:
        expected = self.sign(content).encode()
        return sum([hmac.compare_digest(expected, given) for given in signatures]) > 0

    def sign(self, content: bytes) -> str:
        return "v1," + base64.b64encode(hmac.digest(self.key, content, "sha256")).decode()


@dataclass(frozen=True, slots=True)
class UnmarkedKey:
    """A secret without a prefix: its text as OpenAI's library takes it, or base64 as those of Svix do."""

    text: SymmetricKey
    decoded: SymmetricKey

    def proves(self, content: bytes, signatures: Sequence[bytes]) -> bool:
        return sum([key.proves(content, signatures) for key in (self.text, self.decoded)]) > 0

    def sign(self, content: bytes) -> str:
        return self.text.sign(content)


@dataclass(frozen=True, slots=True)
class PublicKey:
    public: Ed25519PublicKey

    def proves(self, content: bytes, signatures: Sequence[bytes]) -> bool:
        return sum([self._proves(content, given[4:]) for given in signatures if given[:4] == b"v1a,"]) > 0

    def sign(self, content: bytes) -> str:
        raise ValueError("the secret is a public key (whpk_), which cannot sign; whsk_ can")

    def _proves(self, content: bytes, given: bytes) -> bool:
        try:
            self.public.verify(base64.b64decode(given, validate=True), content)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class PrivateKey(PublicKey):
    private: Ed25519PrivateKey

    def sign(self, content: bytes) -> str:
        return "v1a," + base64.b64encode(self.private.sign(content)).decode()


@lru_cache(maxsize=1024)
def read_key(secret: str) -> Key:
    """The key of `secret`. Raises ValueError, without showing it, where it is malformed.

    `whsec_` stands before the base64 of an HMAC key, `whpk_` before that of an Ed25519 public key, `whsk_`
    before that of the private and the public key together. A secret with none of them is the key's own
    text, as OpenAI's library takes it (openai 3.54, lib/_webhooks.py, seen 2026-11-23), or the base64 of the
    key, as the libraries standardwebhooks 1.1.0 and resend 2.52.0 take it (seen 2026-11-24).
    """
    check_text(secret)
    prefix, _, text = secret.partition("_")
    if prefix not in ("whsec", "whpk", "whsk"):
        return _unmarked(secret)
    if not text:
        raise ValueError(f"nothing follows {prefix}_ in the secret")
    try:
        key = secret_key(text, "base64")
    except ValueError:
        raise ValueError(f"what follows {prefix}_ in the secret is not base64") from None
    if prefix == "whsec":
        return SymmetricKey(key)
    size = 32 if prefix == "whpk" else 64
    if len(key) != size:
        raise ValueError(f"what follows {prefix}_ in the secret has {len(key)} bytes instead of {size}")
    if prefix == "whpk":
        return PublicKey(Ed25519PublicKey.from_public_bytes(key))
    private = Ed25519PrivateKey.from_private_bytes(key[:32])
    if private.public_key().public_bytes_raw() != key[32:]:
        raise ValueError("the two halves of what follows whsk_ in the secret do not belong together")
    return PrivateKey(private.public_key(), private)


def _unmarked(secret: str) -> Key:
    text = SymmetricKey(secret.encode())
    try:
        key = secret_key(secret, "base64")
    except ValueError:
        return text
    # Fewer bytes than the specification's 24 are no key of its making, and could be guessed.
    return UnmarkedKey(text, SymmetricKey(key)) if len(key) >= MIN_KEY else text


def header_family(headers: Headers) -> str:
    """`webhook-` or `svix-`, whichever names this request's headers; the two are never mixed."""
    return "webhook-" if headers.all("webhook-id") else "svix-"


@dataclass(frozen=True)
class StandardSignature(Scheme):
    """`{id}.{timestamp}.{body}`, signed with one or more keys; versions that are not known are skipped.

    `family` is the beginning of a provider's headers' names, `webhook-` or `svix-`; empty: either.
    """

    family: str = ""

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        family = self.family or header_family(request.headers)
        stamp = request.headers.proof(family + "timestamp")
        signed_at = signed_time(stamp)
        signatures = self.signatures(request.headers.proof(family + "signature"))
        if len(signatures) > MAX_SIGNATURES:
            raise VerificationError(f"the header {family}signature holds {len(signatures)} signatures")
        content = _content(request, family, stamp)
        index = first_match(
            secrets,
            lambda secret: read_key(secret).proves(content, signatures),
            f"the signature in {family}signature",
        )
        check_age(signed_at, now, tolerance)
        return index

    def signatures(self, text: str) -> list[bytes]:
        """The signatures in the header, each with its version."""
        return text.encode().split()

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        family, stamp = self.family or header_family(request.headers), write_time(now, "s")
        signature = read_key(secret).sign(_content(request, family, stamp))
        return request.with_headers({family + "timestamp": stamp, family + "signature": signature})

    def signed_bytes(self, request: WebhookRequest) -> bytes | None:
        family = self.family or header_family(request.headers)
        return _content(request, family, request.headers.proof(family + "timestamp"))

    def expected(self, request: WebhookRequest, secret: str) -> str | None:
        """None of a public key, which can't sign."""
        signed, key = self.signed_bytes(request), read_key(secret)
        return None if signed is None or type(key) is PublicKey else key.sign(signed)

    def check_secret(self, secret: str) -> None:
        read_key(secret)

    def generate_secret(self) -> str:
        return "whsec_" + base64.b64encode(token_bytes(24)).decode()


def _content(request: WebhookRequest, family: str, stamp: str) -> bytes:
    id = request.headers.proof(family + "id")
    return b"".join((id.encode(), b".", stamp.encode(), b".", request.body))
