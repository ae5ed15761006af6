"""Plaid: webhooks of items.

Seen 2026-11-24: https://plaid.com/docs/api/webhooks/webhook-verification/; plaid-python 46.0.0 (PyPI),
model/jwk_public_key.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import jwt
import orjson
from pydantic import SecretStr

from adapters.base import (
    KeyRequest,
    NeedsKey,
    Options,
    ParsedEvent,
    PayloadError,
    VerificationError,
    WebhookRequest,
    json_document,
    json_object,
    reading_proof,
)
from adapters.fields import Fields
from adapters.jwt import JwtSignature
from adapters.keysets import public_key
from adapters.plain import PlainAdapter
from adapters.times import DAY, event_time

_URL = "https://{}.plaid.com/webhook_verification_key/get"
_URLS = tuple(_URL.format(name) for name in ("production", "sandbox", "development"))


class PlaidOptions(Options):
    """The API keys with which Plaid is asked for the key of a token, or that key itself."""

    client_id: str = ""
    secret: SecretStr = SecretStr("")
    environment: Literal["production", "sandbox", "development"] = "production"
    jwk: dict[str, Any] | str = ""
    """The public key as a JWK; then nothing is fetched, until Plaid changes its key."""


@dataclass(frozen=True)
class _Token(JwtSignature):
    """A token whose key is asked for by its `kid`, in a POST."""

    client_id: str = ""
    secret: str = ""

    def key_request(self, header: Mapping[str, Any], secrets: Sequence[str]) -> KeyRequest:
        kid = header.get("kid")
        if not isinstance(kid, str) or not 0 < len(kid) <= 100 or not kid.replace("-", "").isalnum():
            raise VerificationError("the token names no key")
        body = {"client_id": self.client_id, "secret": self.secret, "key_id": kid}
        return KeyRequest(
            f"{self.jwks}#{kid}", "POST", {"Content-Type": "application/json"}, orjson.dumps(body)
        )


class Plaid(PlainAdapter):
    """The token is signed with ES256 and holds the SHA-256 of the body; it says when in `iat`.

    A key in `secrets`, in PEM or as a JWK, is tried first, and none need be there.
    """

    name = "plaid"
    title = "Plaid"
    docs = "https://plaid.com/docs/api/webhooks/webhook-verification/"
    scheme = _Token(
        algorithms=("ES256",), header="Plaid-Verification", prefix="", jwks=_URL.format("production"),
        body_hash_claim="request_body_sha256",
    )  # fmt: skip
    tolerance = 300
    # Up to six times in 24 hours, each after four times the wait before.
    retry_horizon = DAY
    key = "the digest of the body with the time of the token: the provider sends no id"
    key_hosts = ("production.plaid.com", "sandbox.plaid.com", "development.plaid.com")
    first_sample = "transactions.sync_updates_available"
    fields = Fields(
        id="digest",
        type=("body.webhook_type", "body.webhook_code"),
        attributes={"item_id": "body.item_id", "environment": "body.environment"},
        words="lower",
    )
    example = {"item_id": "wz666MBjYWTp2PDzzggYhM6oWWmBb", "environment": "sandbox"}
    Options = PlaidOptions
    options: PlaidOptions

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        self.scheme = replace(
            self.scheme, jwks=_URL.format(self.options.environment),
            client_id=self.options.client_id, secret=self.options.secret.get_secret_value(),
        )  # fmt: skip

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: float) -> int:
        scheme = self._scheme(request)
        try:
            scheme.verify(request, [], now, self.tolerance)
        except NeedsKey as question:
            if not (known := self._known(request, secrets)):
                self._refuse_without_credentials(request, question)
                raise
            return replace(scheme, jwks="").verify(request, known, now, self.tolerance)
        _refuse_expired(request, scheme)
        return 0

    def may_fetch(self, url: str) -> bool:
        return super().may_fetch(url) and url in _URLS

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        """The time is the token's, for the body tells none."""
        [event] = super().parse(request)
        try:
            issued = self.scheme.read_claims(request).get("iat")
        except VerificationError:
            return [event]
        ts = event_time(issued)
        # A body says so little that the next event of an item can be the same to the byte.
        return [replace(event, ts=ts, key=None if ts is None else f"{event.id}:{ts}")]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        return super().sample(type.upper(), now, id)

    def _scheme(self, request: WebhookRequest) -> _Token:
        """The scheme, with the environment whose keys `request` has, where it has some."""
        asked = [url.partition("#")[0] for url in request.keys]
        return next((replace(self.scheme, jwks=url) for url in _URLS if url in asked), self.scheme)

    def _known(self, request: WebhookRequest, secrets: Sequence[str]) -> list[str]:
        """The public keys at hand; a secret that is none is passed over."""
        jwk = self.options.jwk
        texts = [*secrets, jwk if isinstance(jwk, str) else orjson.dumps(jwk).decode(), *_named(request.keys)]
        return [text for text in texts if _is_key(text)]

    def _refuse_without_credentials(self, request: WebhookRequest, question: NeedsKey) -> None:
        credentials = self.options.client_id and self.options.secret.get_secret_value()
        if not credentials and question.request.target not in request.keys:
            raise VerificationError("the source has no client_id and secret to ask Plaid for the key with")


def _named(documents: Mapping[str, bytes]) -> Iterator[str]:
    """Keys that an offline check has by name instead of by address: {kid: JWK}, or a whole key set."""
    for document in (document for name, document in documents.items() if "://" not in name):
        try:
            found = json_document(document, "the key")
        except PayloadError:
            yield document.decode("utf-8", "replace")  # PEM
            continue
        yield from (orjson.dumps(key).decode() for key in (found if isinstance(found, list) else [found]))


def _is_key(text: str) -> bool:
    try:
        public_key(text, "ES")
    except ValueError:
        return False
    return True


def _refuse_expired(request: WebhookRequest, scheme: _Token) -> None:
    """Raise VerificationError where Plaid says of the key that it is no longer in use."""
    header = jwt.get_unverified_header(request.headers.proof(scheme.header))
    with reading_proof():
        document = json_object(request.key(scheme.key_request(header, [])), "the key")
    keys = document.get("keys", [document.get("key")])
    for key in keys if isinstance(keys, list) else []:
        if isinstance(key, dict) and key.get("kid") == header["kid"] and key.get("expired_at") is not None:
            raise VerificationError("the key of the token has expired")


adapter = Plaid
