"""Schemes in which the secret itself travels; import them from `adapters.schemes`."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
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
from adapters.matching import first_match, secret_key


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
