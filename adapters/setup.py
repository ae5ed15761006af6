"""Secrets that the provider makes at set-up and sends along: Asana, Notion.

Such a source has no secret yet when its set-up request comes. Until then the word `setup` stands in its
place, or beside the others where one more webhook is to be made: while it is there the set-up request is
answered, and it proves nothing itself. Once it is taken out, no stranger can start a set-up: only the request
that tells a secret which we have already is still answered, since whoever sends it knows that secret.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.schemes import HmacSignature

SETUP = "setup"
"""The word that stands for a secret that is not known yet."""


def in_setup(secrets: Sequence[str], told: str) -> bool:
    """Whether the set-up request that tells the secret `told` may be answered.

    So it is while there is no secret, while the word stands among them, and where `told` is one of them.
    """
    known = [hmac.compare_digest(_bytes(secret), _bytes(told)) for secret in secrets]
    return not secrets or SETUP in secrets or sum(known) > 0


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True)
class SetupSignature(HmacSignature):
    """An HMAC whose secret may be the word `setup`, which matches nothing."""

    def key(self, secret: str) -> bytes:
        if secret == SETUP:
            raise ValueError(f"the secret {SETUP!r} stands for one that is not known yet; it proves nothing")
        return super().key(secret)

    def check_secret(self, secret: str) -> None:
        if secret != SETUP:
            super().check_secret(secret)
