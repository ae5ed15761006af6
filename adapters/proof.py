"""What every signature scheme promises, and which hosts may be asked; import them from `adapters.base`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from secrets import token_urlsafe
from typing import Protocol

from adapters.request import MAX_HEADER, WebhookRequest

# An https URL without userinfo, port, fragment or a character that another parser could read otherwise.
_FETCHABLE = re.compile(
    r"https://((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})(?::443)?(?:[/?][!$-;=?-Z_a-z~]*)?"
)


def host_allows(url: str, hosts: Sequence[str]) -> bool:
    """Whether `url` is plain https to one of `hosts`: exact names, or suffixes that begin with a dot.

    No userinfo, no other port, no fragment, no address instead of a name, nothing but URL characters.
    """
    match = _FETCHABLE.fullmatch(url) if len(url) <= MAX_HEADER else None
    if match is None:
        return False
    return any(match[1].endswith(host) if host.startswith(".") else match[1] == host for host in hosts)


@lru_cache(maxsize=1024)
def check_text(secret: str) -> None:
    """Raise ValueError where `secret` is blank or holds a character that cannot be printed."""
    if not secret.strip():
        raise ValueError("the secret is empty")
    if not secret.isprintable():
        raise ValueError("the secret holds a line break or another character that is not printable")


class Scheme(Protocol):
    """How a provider proves that it sent a request; the declarations are in `adapters.schemes`.

    A scheme inherits from this class, for the defaults.
    """

    signs_body: bool = True
    """False where the proof is a password: it says who, but not that the body is as it was sent."""
    needs_secret: bool = True
    """False where the provider's published keys prove it all; `verify` then returns 0."""

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        """The index of the secret that matched. Raises VerificationError where none did.

        `now` is Unix seconds, `tolerance` seconds to either side of it (None: the scheme signs no time,
        or its age does not count).
        """
        ...

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        """`request` made genuine. Raises ValueError where `secret` is malformed or cannot sign.

        Where keys are published, the request made carries the key that belongs to `secret` in its `keys`.
        """
        ...

    def signed_bytes(self, request: WebhookRequest) -> bytes | None:
        """What the proof in `request` is over, for people; None where it covers nothing.

        Raises VerificationError where the request lacks a part of it.
        """
        return None

    def expected(self, request: WebhookRequest, secret: str) -> str | None:
        """The proof that would be right, for people; None where `secret` does not tell it.

        Raises VerificationError, or ValueError where `secret` is malformed.
        """
        return None

    def check_secret(self, secret: str) -> None:
        """Raise ValueError where `secret` could never match. The message never shows it."""
        check_text(secret)

    def generate_secret(self) -> str:
        """A new random secret that `check_secret` accepts."""
        return token_urlsafe(32)

    def secret_headers(self) -> frozenset[str]:
        """Lower-case names of headers that carry the secret itself and must not be kept."""
        return frozenset()

    def secret_params(self) -> frozenset[str]:
        """Names of query parameters that carry the secret itself and must not be kept."""
        return frozenset()

    def may_fetch(self, url: str) -> bool:
        """Whether this scheme fetches keys from `url`; see `Adapter.may_fetch`."""
        return False
