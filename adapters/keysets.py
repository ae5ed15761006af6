"""Public keys of tokens: JSON Web Keys and sets of them (RFC 7517)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from adapters.base import PayloadError, VerificationError, json_object, reading_proof
from adapters.keys import read_pair


def public_key(secret: str, family: str) -> object:
    """The public key in `secret`, in a form of `adapters.keys` or a JWK. Raises ValueError."""
    if secret.lstrip().startswith("{"):
        try:
            return key_of_jwk(json_object(secret, "the secret"), family)
        except (PayloadError, VerificationError):
            raise ValueError("the secret starts like a JWK, but is not one of the right kind") from None
    public = read_pair(secret).public
    if not isinstance(public, RSAPublicKey if family == "RS" else EllipticCurvePublicKey):
        raise ValueError("the secret is a key of another kind")
    return public


@lru_cache(maxsize=256)
def key_of_set(document: bytes, kid: object, family: str) -> object:
    """The key `kid` of a key set: `{"keys": [JWK …]}`, `{"key": JWK}`, or PEM texts by kid.

    Raises VerificationError where it is not there.
    """
    with reading_proof():
        found = json_object(document, "the key set")
    if isinstance(kid, str) and isinstance(pem := found.get(kid), str):
        try:
            return public_key(pem, family)
        except ValueError as error:
            raise VerificationError(f"the key set is malformed: {error}") from None
    keys = found.get("keys", [found.get("key")])
    fitting = (
        [jwk for jwk in keys if isinstance(jwk, dict) and jwk.get("kid") == kid]
        if isinstance(keys, list)
        else []
    )
    if len(fitting) != 1:
        raise VerificationError("the key set does not hold the key that the token names")
    return key_of_jwk(fitting[0], family)


def key_of_jwk(jwk: dict[str, Any], family: str) -> object:
    """The public key that `jwk` describes, of the `family` RS or ES. Raises VerificationError."""
    try:
        key = (RSAAlgorithm if family == "RS" else ECAlgorithm).from_jwk(jwk)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        raise VerificationError("the key is not a JWK of the right kind") from None
    if isinstance(key, RSAPublicKey) and key.key_size < 2048:
        raise VerificationError("the key is an RSA key of fewer than 2048 bits")
    if not isinstance(key, (RSAPublicKey, EllipticCurvePublicKey)):
        raise VerificationError("the key is a private one")
    return key


def key_set_of(secret: str, kid: str) -> bytes:
    """A key set with the public key of `secret` as `kid`, for samples."""
    public = read_pair(secret).public
    if isinstance(public, RSAPublicKey):
        jwk = RSAAlgorithm.to_jwk(public, as_dict=True)
    elif isinstance(public, EllipticCurvePublicKey):
        jwk = ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        raise ValueError("the secret is a key of another kind")
    return orjson.dumps({"keys": [{**jwk, "kid": kid}]})
