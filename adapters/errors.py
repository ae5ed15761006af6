"""What an adapter may raise; import them from `adapters.base`, which draws their tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
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


@contextmanager
def reading_proof() -> Iterator[None]:
    """Turn a PayloadError into a VerificationError: for code of `verify` that reads the body.

    A proof that cannot be read proves nothing, so the sender hears 401 and not 400.
    """
    try:
        yield
    except PayloadError as error:
        raise VerificationError(str(error)) from error


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """A document that a proof is checked with: a certificate, a key set, a key.

    `url` is its identity, in `WebhookRequest.keys` and in the gateway's cache. What is fetched is `target`,
    the URL without its fragment, so that one address can hold several documents: Plaid answers for each
    `key_id` in a POST, and `…/webhook_verification_key/get#{kid}` names one of them.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def target(self) -> str:
        """The address to fetch. Fetch it only where the adapter's `may_fetch(target)` is true."""
        return self.url.partition("#")[0]


class NeedsKey(Exception):
    """A question, not a refusal: `request` must be fetched before the proof can be checked.

    The gateway fetches it and asks again with the answer in `WebhookRequest.keys`. `max_age` is the seconds
    for which the answer may be kept.
    """

    def __init__(self, request: KeyRequest | str, max_age: float = 3600) -> None:
        self.request = KeyRequest(request) if isinstance(request, str) else request
        self.max_age = max_age
        super().__init__(f"{self.request.url} must be fetched to check this request")

    @property
    def url(self) -> str:
        """The identity of the document."""
        return self.request.url
