"""The keys that a store's bodies are encrypted with: the first encrypts, all of them decrypt.

AES-256-GCM. Each process has a key of its own for each of them, made by HKDF from the key and 16 bytes at
random, so that no key ever meets more messages than GCM's random nonces are good for. What is sealed begins
with a mark and the id of its key: the first bytes of a SHA-256 over it, which say nothing about it.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import lru_cache
from os import urandom

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.store.errors import StoreRefused

KEY_SIZE = 32
"""Bytes of a key."""

TEXT, BYTES = "enc1:", b"enc1;"
"""What a sealed text and sealed bytes begin with; no JSON does."""

_ID, _SALT, _NONCE = 4, 16, 12
_MOST = 1 << 24
"""Messages under one derived key."""


class Unreadable(StoreRefused):
    """Something was sealed with a key that is not there, or was changed since. Nothing of it is lost."""


class Keyring:
    """The keys of one process, the one that encrypts first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Each key has KEY_SIZE bytes; there is at least one."""
        self._keys = {key_id(key): key for key in reversed(keys)}
        self.first = key_id(keys[0])
        self._salt, self._left = urandom(_SALT), _MOST

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all keys."""
        return frozenset(self._keys)

    def seal(self, text: str, kind: str) -> str:
        """A text encrypted, as a text. `kind` says what it is: as anything else it can't be opened."""
        return TEXT + b64encode(self._seal(text.encode("utf-8", "surrogatepass"), kind)).decode()

    def seal_bytes(self, body: bytes, kind: str) -> bytes:
        """Bytes encrypted."""
        return BYTES + self._seal(body, kind)

    def open(self, text: str, kind: str) -> str:
        """What was sealed; a text that was not, from before there was a key, as it is. Raises Unreadable."""
        if not text.startswith(TEXT):
            return text
        return self._open(b64decode(text[len(TEXT) :]), kind).decode("utf-8", "surrogatepass")

    def open_bytes(self, body: bytes, kind: str) -> bytes:
        """The same of bytes."""
        return self._open(body[len(BYTES) :], kind) if body.startswith(BYTES) else body

    def is_current(self, value: str | bytes) -> bool:
        """Whether a value is sealed with the first key."""
        if isinstance(value, bytes):
            return value.startswith(BYTES) and value[len(BYTES) :][:_ID].hex() == self.first
        return value.startswith(TEXT) and b64decode(value[len(TEXT) :][:8])[:_ID].hex() == self.first

    def _seal(self, plain: bytes, kind: str) -> bytes:
        if self._left == 0:
            self._salt, self._left = urandom(_SALT), _MOST
        self._left -= 1
        nonce = urandom(_NONCE)
        cipher = _cipher(self._keys[self.first], self._salt)
        head = bytes.fromhex(self.first) + self._salt + nonce
        return head + cipher.encrypt(nonce, plain, kind.encode())

    def _open(self, sealed: bytes, kind: str) -> bytes:
        id, rest = sealed[:_ID].hex(), sealed[_ID:]
        if id not in self._keys:
            raise Unreadable(f"{kind} is encrypted with the key {id}, which is not in store.encrypt; add it")
        salt, nonce, secret = rest[:_SALT], rest[_SALT : _SALT + _NONCE], rest[_SALT + _NONCE :]
        try:
            return _cipher(self._keys[id], salt).decrypt(nonce, secret, kind.encode())
        except (InvalidTag, ValueError):
            raise Unreadable(
                f"{kind} was changed since it was encrypted with the key {id}; restore it from a backup"
            ) from None


def key_id(key: bytes) -> str:
    """What a key is called in messages and in what it sealed: eight hexadecimal digits."""
    return hashlib.sha256(b"webhook-gateway key" + key).digest()[:_ID].hex()


@lru_cache(maxsize=1024)
def _cipher(key: bytes, salt: bytes) -> AESGCM:
    derived = HKDF(SHA256(), KEY_SIZE, salt, b"webhook-gateway store").derive(key)
    return AESGCM(derived)
