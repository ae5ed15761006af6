"""The keys that the store encrypts bodies with: the first encrypts, all of them decrypt."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Annotated, Any

from pydantic import AfterValidator

from gateway.config.filling import STORE_KEYS, Filling
from gateway.config.secret import Secret

KEY_SIZE = 32
MAKE_ONE = "make one with: gateway store key"


def _keys(keys: tuple[Secret, ...]) -> tuple[Secret, ...]:
    for number, key in enumerate(keys, 1):
        if len(key_of(key)) != KEY_SIZE:
            raise ValueError(f"key {number} must be {KEY_SIZE} bytes in base64; {MAKE_ONE}")
    if len(set(keys)) < len(keys):
        raise ValueError("must not hold the same key twice")
    return keys


def key_of(secret: Secret) -> bytes:
    """The bytes of a key; none where it is no base64."""
    try:
        return b64decode(secret.get_secret_value().strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


Encrypt = Annotated[tuple[Secret, ...], AfterValidator(_keys)]


def check_encrypt(declared: Any, keys: tuple[Secret, ...], filling: Filling) -> None:
    """Whoever asks for encryption must not go without by accident, because every key is empty."""
    if declared is None or keys or filling.mode == "optional" or filling.problems.under(STORE_KEYS):
        return
    filling.wrong(STORE_KEYS, f"has no key that is set; set one, or leave the line out; {MAKE_ONE}")
