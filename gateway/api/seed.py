"""`x-inngest-event-id-seed`: what the ids of one request's events are made from, the same at every retry.

The form and the arithmetic are those of pkg/event/id.go and pkg/api/api.go of https://github.com/inngest/inngest
at 253303c, seen 2026-11-23.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass

from ulid_transform import bytes_to_ulid

HEADER = b"x-inngest-event-id-seed"

_FORM = re.compile(rb"(\d{1,15}),([A-Za-z0-9+/]{14}==)")


@dataclass(frozen=True, slots=True)
class Seed:
    """Unix ms and ten random bytes, made by the sender once for all its tries."""

    ms: int
    entropy: bytes

    def id(self, index: int) -> str:
        """The ULID of the event at `index`, from 0: its number, from 1, is added to the last four bytes."""
        last = (int.from_bytes(self.entropy[6:]) + index + 1) % 2**32
        return bytes_to_ulid(self.ms.to_bytes(6) + self.entropy[:6] + last.to_bytes(4))


def read_seed(value: bytes) -> Seed | None:
    """The seed in a header; None for one that is malformed, which is no error."""
    form = _FORM.fullmatch(value)
    if form is None or int(form[1]) >= 2**48:
        return None
    try:
        return Seed(int(form[1]), b64decode(form[2], validate=True))
    except binascii.Error:
        return None
