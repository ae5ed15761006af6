"""Signature schemes as declarations: a provider states which one it uses and with which names.

    scheme = HmacSignature(header="X-Hub-Signature-256", prefix="sha256=")                     # GitHub
    scheme = HmacSignature(header="X-Shopify-Hmac-Sha256", encoding="base64")                  # Shopify
    scheme = HmacSignature(header="Paddle-Signature", separator=";", version="h1",
                           timestamp="ts", signed="{timestamp}:{body}")                        # Paddle
    scheme = SharedToken(header="X-Gitlab-Token")                                              # GitLab
    scheme = BasicAuth()                                                                       # Postmark

All of them compare bytes in constant time, and try every secret against every signature, so that the time
taken does not tell which one was near. `adapters.standard` holds the scheme of Standard Webhooks.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from secrets import token_bytes, token_hex, token_urlsafe
from typing import Literal
from urllib.parse import quote_plus, unquote_to_bytes

from adapters.base import (
    MAX_HEADER,
    Headers,
    Scheme,
    VerificationError,
    WebhookRequest,
    check_text,
    header_name,
)
from adapters.template import Render, compile_template
from adapters.times import Unit, check_age, signed_time, write_time

Algorithm = Literal["sha1", "sha256", "sha384", "sha512"]
Encoding = Literal["hex", "base64", "base64url"]
SecretEncoding = Literal["text", "hex", "base64"]

# encoding -> (how a digest is written, how a given signature is brought to the same form). The encoded
# texts are compared, so nothing is decoded leniently. Authorize.Net writes its hex in capitals, and the
# padding of base64url is optional (RFC 4648, 3.2).
_ENCODINGS: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "hex": (binascii.hexlify, bytes.lower),
    "base64": (base64.b64encode, bytes),
    "base64url": (
        lambda digest: base64.urlsafe_b64encode(digest).rstrip(b"="),
        lambda text: text.rstrip(b"="),
    ),
}


def first_match(secrets: Sequence[str], proves: Callable[[str], bool], what: str) -> int:
    """The index of the first secret for which `proves` is true; every one is tried.

    A secret for which `proves` raises ValueError is malformed and matches nothing. Raises
    VerificationError where no secret matched; `what` names that which was to be matched.
    """
    found, faults = -1, ""
    for index, secret in enumerate(secrets):
        try:
            good = proves(secret)
        except ValueError as error:
            faults += f"; secret {index + 1} is unusable: {error}"
            continue
        if good and found < 0:
            found = index
    if found < 0:
        raise VerificationError(f"no secret matches {what}{faults}")
    return found


@lru_cache(maxsize=1024)
def secret_key(secret: str, encoding: SecretEncoding) -> bytes:
    """The key that `secret` stands for; missing base64 padding is forgiven. Raises ValueError."""
    check_text(secret)
    if encoding == "text":
        return secret.encode()
    try:
        if encoding == "hex":
            return binascii.unhexlify(secret)
        return base64.b64decode(secret + "=" * (-len(secret) % 4), validate=True)
    except ValueError:
        raise ValueError(f"the secret is not {encoding}") from None


@dataclass(frozen=True)
class HmacSignature(Scheme):
    """An HMAC over a string made from the request, in a header.

    A header that holds a list (`t=1,v1=ab,v1=cd`) states its `separator` and the name (`version`) under
    which its signatures stand. `timestamp` is where the signed time is: a header's name, or in a list the
    name of an item; `header.Name` is a header in either case. A time that `signed` does not mention is
    refused, since it would prove nothing.
    """

    header: str
    algorithm: Algorithm = "sha256"
    encoding: Encoding = "hex"
    prefix: str = ""
    """What the signature begins with (`sha256=`); required at its very start."""
    signed: str = "{body}"
    timestamp: str = ""
    timestamp_unit: Unit = "s"
    separator: str = ""
    version: str = ""
    secret_encoding: SecretEncoding = "text"  # noqa: S105 - the name of an encoding

    _mark: str = field(init=False, repr=False, compare=False)
    _time_header: str = field(init=False, repr=False, compare=False)
    _time_mark: str = field(init=False, repr=False, compare=False)
    _render: Render = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        header_name(self.header)
        render = compile_template(self.signed)
        if self.version and not self.separator:
            raise ValueError("version: only for a header that is a list; state its separator too")
        if self.version and self.prefix:
            raise ValueError("prefix: a list names its signatures by version; state one of the two")
        if bool(self.timestamp) != ("{timestamp}" in self.signed):
            raise ValueError("timestamp: state where the time is and use {timestamp} in signed, or neither")
        listed = bool(self.separator) and not self.timestamp.startswith("header.")
        time_header = "" if listed else self.timestamp.removeprefix("header.")
        facts = {
            "_mark": f"{self.version}=" if self.version else self.prefix,
            "_time_header": header_name(time_header) if time_header else "",
            "_time_mark": f"{self.timestamp}=" if listed and self.timestamp else "",
            "_render": render,
        }
        for name, value in facts.items():
            object.__setattr__(self, name, value)

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        stamp, signatures = self._read(request.headers)
        signed_at = signed_time(stamp, self.timestamp_unit) if self.timestamp else now
        content = self._render(request, stamp)

        def proves(secret: str) -> bool:
            expected = self._signature(secret, content)
            # sum, not any: no early exit
            return sum([hmac.compare_digest(expected, given) for given in signatures]) > 0

        index = first_match(secrets, proves, f"the signature in {self.header}")
        check_age(signed_at, now, tolerance)
        return index

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        stamp = write_time(now, self.timestamp_unit) if self.timestamp else ""
        if self._time_header:
            request = request.with_headers({self._time_header: stamp})
        value = self._mark + self._signature(secret, self._render(request, stamp)).decode()
        if self._time_mark:
            value = f"{self._time_mark}{stamp}{self.separator}{value}"
        return request.with_headers({self.header: value})

    def check_secret(self, secret: str) -> None:
        secret_key(secret, self.secret_encoding)

    def generate_secret(self) -> str:
        if self.secret_encoding == "base64":  # noqa: S105 - the name of an encoding
            return base64.b64encode(token_bytes(32)).decode()
        return token_hex(32)

    def _signature(self, secret: str, content: bytes) -> bytes:
        digest = hmac.digest(secret_key(secret, self.secret_encoding), content, self.algorithm)
        return _ENCODINGS[self.encoding][0](digest)

    def _read(self, headers: Headers) -> tuple[str, list[bytes]]:
        """The signed time's text ("" where there is none) and the signatures, in comparable form."""
        text, mark = headers.proof(self.header), self._mark
        items = [item.strip() for item in text.split(self.separator)] if self.separator else [text]
        comparable = _ENCODINGS[self.encoding][1]
        signatures = [comparable(item[len(mark) :].encode()) for item in items if item.startswith(mark)]
        if not signatures:
            raise VerificationError(f"the header {self.header} holds no signature that starts with {mark!r}")
        return self._read_time(headers, items), signatures

    def _read_time(self, headers: Headers, items: list[str]) -> str:
        if not self._time_mark:
            return headers.proof(self._time_header) if self._time_header else ""
        mark = self._time_mark
        stamps = [item[len(mark) :] for item in items if item.startswith(mark)]
        if len(stamps) != 1:
            raise VerificationError(f"the header {self.header} holds {len(stamps)} items {mark}, not one")
        return stamps[0]


@dataclass(frozen=True)
class SharedToken(Scheme):
    """The secret itself, in a header (after `prefix`, such as `Bearer `) or in a query parameter.

    It proves who sent the request, not that the body is as it was sent.
    """

    signs_body = False

    header: str = ""
    query: str = ""
    prefix: str = ""

    def __post_init__(self) -> None:
        if bool(self.header) == bool(self.query):
            raise ValueError("state either the header or the query parameter that holds the token")
        if self.header:
            header_name(self.header)

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        token = self._in_query(request.url) if self.query else self._in_header(request.headers)
        what = f"the token in the {'query' if self.query else 'header'} {self.header or self.query}"
        return first_match(
            secrets, lambda secret: hmac.compare_digest(secret_key(secret, "text"), token), what
        )

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        self.check_secret(secret)
        if self.header:
            return request.with_headers({self.header: self.prefix + secret})
        mark = "&" if "?" in request.url else "?"
        return request.with_url(f"{request.url}{mark}{self.query}={quote_plus(self.prefix + secret)}")

    def check_secret(self, secret: str) -> None:
        check_text(secret)
        if self.header and not secret.isascii():
            raise ValueError("the secret holds a character that is not ASCII, which a header cannot carry")

    def secret_headers(self) -> frozenset[str]:
        return frozenset({self.header.lower()} if self.header else ())

    def secret_params(self) -> frozenset[str]:
        return frozenset({self.query} if self.query else ())

    def _in_header(self, headers: Headers) -> bytes:
        text = headers.proof(self.header)
        if not text.startswith(self.prefix):
            raise VerificationError(f"the header {self.header} does not start with {self.prefix!r}")
        return text[len(self.prefix) :].encode()

    def _in_query(self, url: str) -> bytes:
        query = url.partition("#")[0].partition("?")[2]
        if len(query) > MAX_HEADER or not query.isascii():
            raise VerificationError("the query is too long or not ASCII")
        pairs = [pair.partition("=") for pair in query.split("&")]
        values = [value for name, _, value in pairs if unquote_to_bytes(name) == self.query.encode()]
        if len(values) != 1:
            raise VerificationError(f"the query holds {len(values)} parameters {self.query} instead of one")
        token = unquote_to_bytes(values[0].replace("+", " "))
        if not token.startswith(self.prefix.encode()):
            raise VerificationError(f"the query parameter {self.query} does not start with {self.prefix!r}")
        return token[len(self.prefix.encode()) :]


@dataclass(frozen=True)
class BasicAuth(Scheme):
    """HTTP Basic credentials (RFC 7617); the secret is `user:password`, the password may hold colons."""

    signs_body = False

    header: str = "Authorization"

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        scheme, _, text = request.headers.proof(self.header).partition(" ")
        if scheme.lower() != "basic":
            raise VerificationError(f"the header {self.header} is not of the scheme Basic")
        try:
            given = base64.b64decode(text, validate=True)
        except ValueError:
            raise VerificationError(f"the header {self.header} is not valid base64") from None

        def proves(secret: str) -> bool:
            self.check_secret(secret)
            # With the first colon as the border, equal wholes are equal users and equal passwords.
            return hmac.compare_digest(secret.encode(), given)

        return first_match(secrets, proves, f"the credentials in {self.header}")

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        self.check_secret(secret)
        return request.with_headers({self.header: f"Basic {base64.b64encode(secret.encode()).decode()}"})

    def check_secret(self, secret: str) -> None:
        check_text(secret)
        user, _, password = secret.partition(":")
        if not user or not password:
            raise ValueError("the secret is not of the form user:password")

    def generate_secret(self) -> str:
        return f"gateway:{token_urlsafe(32)}"

    def secret_headers(self) -> frozenset[str]:
        return frozenset({self.header.lower()})
