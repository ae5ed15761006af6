"""What an adapter may raise; import them from `adapters.base`, which draws their tree."""

from __future__ import annotations

from typing import ClassVar


class AdapterError(Exception):
    """What an adapter may raise. The message is for the operator: it names the check that failed."""

    code: ClassVar[str]


class VerificationError(AdapterError):
    """The request does not prove that the provider sent it."""

    code = "bad_signature"


class StaleTimestamp(VerificationError):
    """The signature is right, but its time is outside the tolerance, in the past or in the future."""

    code = "stale_timestamp"


class PayloadError(AdapterError):
    """The request is genuine, but its body is not what the provider documents."""

    code = "malformed_payload"
