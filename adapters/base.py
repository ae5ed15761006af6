"""The contract between the gateway and a provider.

An adapter turns one HTTP request of one provider into events. It is a leaf: it imports nothing from
`gateway`, does no I/O, reads no clock and no environment, and raises only the errors below, whatever
arrives. It works on the raw bytes and parses only after verifying.

    AdapterError
    ├── VerificationError      who sent this is not proven           -> 401
    │   └── StaleTimestamp     the proof is genuine but not of now   -> 401
    └── PayloadError           proven, but not what the provider documents -> 400
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from secrets import token_urlsafe
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from adapters.errors import AdapterError, PayloadError, StaleTimestamp, VerificationError
from adapters.request import MAX_HEADER, Headers, WebhookRequest, header_name, json_object

__all__ = [
    "MAX_HEADER", "MAX_TEXT", "Adapter", "AdapterError", "Headers", "Options", "ParsedEvent", "PayloadError",
    "Reply", "Scheme", "StaleTimestamp", "VerificationError", "WebhookRequest", "check_text", "header_name",
    "json_object", "short_text", "text_field",
]  # fmt: skip

MAX_TEXT = 255
"""Characters. An event's id or type longer than this is refused."""


def short_text(value: object, what: str) -> str:
    """`value` as an event's id or type; a whole number counts as text. Raises PayloadError naming `what`."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or not value.isprintable():
        raise PayloadError(f"{what} is not a text of 1 to {MAX_TEXT} printable characters")
    return value


def text_field(document: Mapping[str, Any], name: str) -> str:
    """The id or type at `document[name]`, a short text. Raises PayloadError naming the field otherwise."""
    value = document.get(name)
    if isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable():
        return value  # nearly always; the sentence for the error is not made in vain
    return short_text(value, f"the field {name!r}")


@lru_cache(maxsize=1024)
def check_text(secret: str) -> None:
    """Raise ValueError where `secret` is blank or holds a character that cannot be printed."""
    if not secret.strip():
        raise ValueError("the secret is empty")
    if not secret.isprintable():
        raise ValueError("the secret holds a line break or another character that is not printable")


@dataclass(frozen=True, slots=True)
class ParsedEvent:
    """One event as the provider tells it.

    `id` is the provider's event id, the same on every retry. `type` is the provider's own type
    (`customer.created`); the gateway names the event `{adapter}/{type}`. `payload` is the provider's
    object, unchanged; where it is `request.json` itself, its bytes are kept exactly as they came.
    `ts` is the provider's event time in Unix ms, None where it tells none. `version` is the provider's
    API version. `key` is the dedupe key where that is not the id itself. `attributes` are facts that
    people filter by (Stripe: account, livemode), plain scalars only.
    """

    id: str
    type: str
    payload: Mapping[str, Any]
    ts: int | None = None
    version: str | None = None
    key: str | None = None
    attributes: Mapping[str, str | int | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that a provider's handshake wants to hear instead of the gateway's own."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Scheme(Protocol):
    """How a provider proves that it sent a request; the declarations are in `adapters.schemes`.

    A scheme inherits from this class, for the defaults.
    """

    signs_body: ClassVar[bool] = True
    """False where the proof is a password: it says who, but not that the body is as it was sent."""

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        """The index of the secret that matched. Raises VerificationError where none did.

        `now` is Unix seconds, `tolerance` seconds to either side of it (None: the scheme signs no time,
        or its age does not count).
        """
        ...

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        """`request` made genuine. Raises ValueError where `secret` is malformed or cannot sign."""
        ...

    def check_secret(self, secret: str) -> None:
        """Raise ValueError where `secret` could never match. The message never shows it."""
        check_text(secret)

    def generate_secret(self) -> str:
        """A new random secret that `check_secret` accepts."""
        return token_urlsafe(32)

    def secret_headers(self) -> frozenset[str]:
        """Lower-case names of headers that carry the secret itself and must not be kept."""
        return frozenset()

    def secret_params(self) -> frozenset[str]:
        """Names of query parameters that carry the secret itself and must not be kept."""
        return frozenset()


class Options(BaseModel):
    """The config keys of a source that only its adapter knows. Subclass it to state some."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Adapter:
    """One provider. State the facts as class attributes; override a method only where it differs.

    A subclass that states no `scheme` and overrides no `verify` rejects every request.
    """

    name: ClassVar[str]
    """The module's name, the word in config.yaml and the first segment of every event's name."""
    title: ClassVar[str]
    docs: ClassVar[str]
    """URL of the provider's page about verification."""
    scheme: Scheme | None = None
    tolerance: float | None = None
    """Seconds that a signed time may be off, to either side. None: this provider signs no time."""
    retry_horizon: ClassVar[float] = 0
    """Seconds for which the provider keeps retrying; a dedupe window is never shorter by default."""
    key: ClassVar[str] = "the provider's event id"
    """What makes the dedupe key, in words, for the docs and `gateway check`."""
    first_sample: ClassVar[str] = "sample.created"
    """The event type that a newcomer is told to send first."""
    forwarder: ClassVar[str | None] = None
    """The provider's own command that forwards real webhooks to `{url}`, where it has one."""
    Options: ClassVar[type[Options]] = Options

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        """`options` are the source's extra config keys; raises pydantic.ValidationError naming a bad one.

        `tolerance` (seconds) replaces the provider's own.
        """
        self.options = self.Options.model_validate(dict(options or {}))
        if tolerance is not None:
            self.tolerance = tolerance

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        """The answer to the provider's set-up challenge, or None where this request is not one."""
        return None

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: float) -> int:
        """Prove who sent `request`; `now` is Unix seconds. Returns the index of the secret that matched.

        Raises VerificationError, and nothing else, whatever arrives.
        """
        if self.scheme is None:
            raise VerificationError(f"the adapter {self.name} states no scheme and overrides no verify()")
        return self.scheme.verify(request, secrets, now, self.tolerance)

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        """The events of a verified request, in order. Raises PayloadError, and nothing else."""
        raise PayloadError(f"the adapter {self.name} does not say how to parse")

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        """An unsigned request in the provider's shape that carries one event `type` with event id `id`."""
        raise NotImplementedError(f"the adapter {self.name} has no sample")

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        """`request` with the proof that makes it genuine at `now` (Unix seconds).

        Raises ValueError where `secret` is malformed or cannot sign.
        """
        if self.scheme is None:
            raise NotImplementedError(f"the adapter {self.name} states no scheme to sign with")
        return self.scheme.sign(request, secret, now)

    def check_secret(self, secret: str) -> None:
        """Raise ValueError, with a sentence that never shows it, where `secret` could never match."""
        if self.scheme is None:
            check_text(secret)
        else:
            self.scheme.check_secret(secret)

    def generate_secret(self) -> str:
        """A new random secret in the provider's format, for development mode."""
        if self.scheme is None:
            raise NotImplementedError(f"the adapter {self.name} cannot make a secret")
        return self.scheme.generate_secret()

    def secret_headers(self) -> frozenset[str]:
        """Lower-case names of headers that hold the secret itself; the gateway never keeps their values."""
        return self.scheme.secret_headers() if self.scheme else frozenset()

    def secret_params(self) -> frozenset[str]:
        """Names of query parameters that hold the secret itself; the gateway never keeps their values."""
        return self.scheme.secret_params() if self.scheme else frozenset()
