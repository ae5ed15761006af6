"""What the schemes share: the encodings of a signature, the key behind a secret, the search for a match."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal

from adapters.base import VerificationError, check_text

Algorithm = Literal["sha1", "sha256", "sha384", "sha512"]
Encoding = Literal["hex", "base64", "base64url"]
SecretEncoding = Literal["text", "hex", "base64"]

# encoding -> (how a digest is written, how a given signature is brought to the same form). The encoded
# texts are compared, so nothing is decoded leniently. Authorize.Net writes its hex in capitals, and the
# padding of base64url is optional (RFC 4648, 3.2).
ENCODINGS: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
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
