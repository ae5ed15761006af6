"""Signed tokens (JWT, RFC 7519) as a declaration.

    scheme = JwtSignature(header="X-Webhook-Signature", prefix="", algorithms=("HS256",),
                          issuers=("netlify",), body_hash_claim="sha256")                       # Netlify
    scheme = JwtSignature(jwks="https://www.googleapis.com/oauth2/v3/certs", algorithms=("RS256",),
                          issuers=("https://accounts.google.com",), audience="…")               # Google

Only the algorithms that are stated are ever accepted, whatever the token says of itself. The key is a secret
(its text, or a public key as `adapters.keys` reads it, or a JWK), or is one of a key set that is fetched.
What depends on a source's options is put in when the adapter is made: `replace(self.scheme, audience=…)`.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from secrets import token_hex
from typing import Any, Literal

import jwt
import orjson
from jwt.algorithms import HMACAlgorithm

from adapters.base import (
    KeyRequest,
    Scheme,
    StaleTimestamp,
    VerificationError,
    WebhookRequest,
    check_text,
    header_name,
    json_object,
    reading_proof,
)
from adapters.keys import new_ecdsa, new_rsa, private_of
from adapters.keysets import key_of_set, key_set_of, public_key
from adapters.matching import first_match
from adapters.times import check_age

Algorithm = Literal["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384"]
_KEY_ID = re.compile(r"[A-Za-z0-9_.=+-]{1,128}")
_LIFE = 3600  # seconds of a token that we sign


class _AnyLength(HMACAlgorithm):
    """A secret is as long as its provider made it; a warning at each request would help no one."""

    def check_key_length(self, key: bytes) -> str | None:
        return None


@lru_cache
def _jws(algorithms: tuple[str, ...]) -> jwt.PyJWS:
    jws = jwt.PyJWS(algorithms=algorithms)
    for name in algorithms:
        if name.startswith("HS"):
            jws.unregister_algorithm(name)
            jws.register_algorithm(name, _AnyLength(getattr(HMACAlgorithm, f"SHA{name[2:]}")))
    return jws


@dataclass(frozen=True)
class JwtSignature(Scheme):
    """A token in a header: `exp` and `nbf` are checked where it has them, `iat` where there is a tolerance.

    `issuers`, `audience` and `claims` must be as stated; the audience may be one of several in the token.
    `body_hash_claim` names the claim with the SHA-256 of the body; without one, the token says who and not
    what, and `signs_body` is False. With `jwks`, the URL of the key set, no secret is needed.
    """

    algorithms: tuple[Algorithm, ...]
    header: str = "Authorization"
    prefix: str = "Bearer "
    jwks: str = ""
    issuers: tuple[str, ...] = ()
    audience: str = ""
    claims: Mapping[str, str | bool | int] = field(default_factory=dict)
    body_hash_claim: str = ""
    body_hash_encoding: Literal["hex", "base64"] = "hex"
    leeway: float = 60
    """Seconds by which `exp` and `nbf` may be missed, for clocks that differ."""
    required: tuple[str, ...] = ()
    """Claims that must be there, `exp` for instance."""
    max_age: float = 3600
    """Seconds for which the key set is kept."""

    def __post_init__(self) -> None:
        header_name(self.header)
        kinds = {name[:2] for name in self.algorithms}
        if not kinds <= {"HS", "RS", "ES"} or len(kinds) != 1:
            raise ValueError("algorithms: state those of one family: HS256 …, RS256 … or ES256 …")
        if self.jwks and kinds == {"HS"}:
            raise ValueError("jwks: a shared key is not fetched; it is the secret")
        object.__setattr__(self, "needs_secret", not self.jwks)
        object.__setattr__(self, "signs_body", bool(self.body_hash_claim))

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        token = self._token(request)
        index = self._prove(request, token, secrets)
        claims = self.read_claims(request)
        self._check_claims(claims)
        self._check_body(claims, request.body)
        self._check_times(claims, now, tolerance)
        return index

    def read_claims(self, request: WebhookRequest) -> dict[str, Any]:
        """The claims of the token in `request`, for `parse`. Raises VerificationError without any."""
        segment = self._token(request).split(".")[1]
        try:
            text = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        except ValueError:
            raise VerificationError("the token's claims are not base64") from None
        with reading_proof():
            return json_object(text, "the token's claims")

    def key_request(self, header: Mapping[str, Any], secrets: Sequence[str]) -> KeyRequest:
        """Where the key of a token with this `header` is to be had; it must pass `may_fetch`."""
        return KeyRequest(self.jwks)

    def may_fetch(self, url: str) -> bool:
        return bool(self.jwks) and url == self.jwks

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        self.check_secret(secret)
        header = {"kid": "sample"} if self.jwks else {}
        claims = self._sample_claims(request, now)
        key = secret if self._shared else private_of(secret)
        token = _jws(self.algorithms).encode(orjson.dumps(claims), key, self.algorithms[0], header)
        if self.jwks:
            wanted = self.key_request(header, [secret])
            request = request.with_keys({wanted.url: key_set_of(secret, header["kid"])})
        return request.with_headers({self.header: self.prefix + token})

    def signed_bytes(self, request: WebhookRequest) -> bytes | None:
        return self._token(request).rpartition(".")[0].encode()

    def check_secret(self, secret: str) -> None:
        if self._shared:
            check_text(secret)
        else:
            public_key(secret, self.algorithms[0][:2])

    def generate_secret(self) -> str:
        kind = self.algorithms[0]
        if self._shared:
            return token_hex(32)
        return new_rsa() if kind.startswith("RS") else new_ecdsa("P-256" if kind == "ES256" else "P-384")

    @property
    def _shared(self) -> bool:
        return self.algorithms[0].startswith("HS")

    def _token(self, request: WebhookRequest) -> str:
        text = request.headers.proof(self.header)
        token = text[len(self.prefix) :]
        if not text.startswith(self.prefix) or token.count(".") != 2:
            raise VerificationError(f"the header {self.header} does not hold a token")
        return token

    def _prove(self, request: WebhookRequest, token: str, secrets: Sequence[str]) -> int:
        jws = _jws(self.algorithms)
        try:
            header = jws.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise VerificationError(f"the token is malformed: {error}") from None
        if header.get("alg") not in self.algorithms:
            raise VerificationError("the token is signed with an algorithm that is not accepted")

        def proves(key: object) -> bool:
            try:
                jws.decode_complete(token, key, self.algorithms)  # type: ignore[arg-type]
            except (jwt.PyJWTError, TypeError, ValueError):
                return False
            return True

        if not self.jwks:
            what = f"the token in {self.header}"
            return first_match(secrets, lambda secret: proves(self._key(secret)), what)
        if not proves(self._published_key(request, header, secrets)):
            raise VerificationError(f"the key set does not prove the token in {self.header}")
        return 0

    def _published_key(
        self, request: WebhookRequest, header: Mapping[str, Any], secrets: Sequence[str]
    ) -> object:
        """The key that the token names. A set that lacks it may be old: it is asked for once more."""
        wanted, kid, family = self.key_request(header, secrets), header.get("kid"), self.algorithms[0][:2]
        try:
            return key_of_set(request.key(wanted, self.max_age), kid, family)
        except VerificationError:
            if wanted.url != wanted.target or not isinstance(kid, str) or not _KEY_ID.fullmatch(kid):
                raise
        newer = replace(wanted, url=f"{wanted.url}#{kid}")
        return key_of_set(request.key(newer, self.max_age), kid, family)

    def _key(self, secret: str) -> object:
        self.check_secret(secret)
        return secret.encode() if self._shared else public_key(secret, self.algorithms[0][:2])

    def _check_claims(self, claims: Mapping[str, Any]) -> None:
        for name in self.required:
            if name not in claims:
                raise VerificationError(f"the token lacks the claim {name}")
        if self.issuers and claims.get("iss") not in self.issuers:
            raise VerificationError("the token is of another issuer")
        audience = claims.get("aud")
        if self.audience and self.audience not in (audience if isinstance(audience, list) else [audience]):
            raise VerificationError("the token is for another audience")
        for name, value in self.claims.items():
            if type(claims.get(name)) is not type(value) or claims[name] != value:
                raise VerificationError(f"the token's claim {name} is not as it must be")

    def _check_body(self, claims: Mapping[str, Any], body: bytes) -> None:
        if not self.body_hash_claim:
            return
        given = claims.get(self.body_hash_claim)
        if not isinstance(given, str) or not hmac.compare_digest(
            given.encode("utf-8", "replace"), self._body_hash(body).encode()
        ):
            raise VerificationError(f"the claim {self.body_hash_claim} is not the hash of the body")

    def _check_times(self, claims: Mapping[str, Any], now: float, tolerance: float | None) -> None:
        if (expiry := _time(claims, "exp")) is not None and now > expiry + self.leeway:
            raise StaleTimestamp(f"the token expired {now - expiry:.0f} s ago")
        if (start := _time(claims, "nbf")) is not None and now < start - self.leeway:
            raise StaleTimestamp(f"the token is valid in {start - now:.0f} s only")
        if tolerance is not None:
            issued = _time(claims, "iat")
            if issued is None:
                raise VerificationError("the token lacks the claim iat")
            check_age(issued, now, tolerance)

    def _body_hash(self, body: bytes) -> str:
        digest = sha256(body)
        return (
            digest.hexdigest()
            if self.body_hash_encoding == "hex"
            else base64.b64encode(digest.digest()).decode()
        )

    def _sample_claims(self, request: WebhookRequest, now: float) -> dict[str, Any]:
        claims: dict[str, Any] = {**self.claims, "iat": int(now), "exp": int(now) + _LIFE}
        if self.issuers:
            claims["iss"] = self.issuers[0]
        if self.audience:
            claims["aud"] = self.audience
        if self.body_hash_claim:
            claims[self.body_hash_claim] = self._body_hash(request.body)
        return claims


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e11:
        raise VerificationError(f"the token's claim {name} is not a time")
    return float(value)
