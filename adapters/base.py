"""The contract between the gateway and a provider.

An adapter turns one HTTP request of one provider into events. It is a leaf: it imports nothing from
`gateway`, does no I/O, reads no clock and no environment, and raises only the errors below, whatever
arrives. It works on the raw bytes and parses only after verifying.

    AdapterError
    ├── VerificationError      who sent this is not proven           -> 401
    │   └── StaleTimestamp     the proof is genuine but not of now   -> 401
    └── PayloadError           proven, but not what the provider documents -> 400

    NeedsKey                   a question: fetch this document, then ask again

The gateway asks in this order: `handshake`, `verify`, `challenge`, `parse`, and, once the events are on
disk, `reply`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from adapters.errors import (
    AdapterError,
    KeyRequest,
    NeedsKey,
    PayloadError,
    StaleTimestamp,
    VerificationError,
    reading_proof,
)
from adapters.events import MAX_TEXT, Confirm, ParsedEvent, Reply, short_text, text_field
from adapters.proof import Scheme, check_text, host_allows
from adapters.provider_api import EndpointsApi, EventsApi
from adapters.request import MAX_HEADER, Headers, WebhookRequest, header_name, json_document, json_object

__all__ = [
    "MAX_HEADER", "MAX_TEXT", "Adapter", "AdapterError", "Confirm", "Headers", "KeyRequest", "NeedsKey",
    "Options", "ParsedEvent", "PayloadError", "Reply", "Scheme", "StaleTimestamp", "VerificationError",
    "WebhookRequest", "check_text", "header_name", "host_allows", "json_document", "json_object",
    "reading_proof", "short_text", "text_field",
]  # fmt: skip


_ACCOUNT = re.compile(r"[A-Za-z0-9_]{1,255}", re.ASCII)


class Options(BaseModel):
    """The config keys of a source that only its adapter knows. Subclass it to state some."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Adapter:
    """One provider. State the facts as class attributes; override a method only where it differs.

    A subclass that states no `scheme` and overrides no `verify` rejects every request. One instance serves
    many requests at once: keep nothing of a request on it.
    """

    name: ClassVar[str]
    """The module's name, the word in config.yaml and the first segment of every event's name."""
    title: ClassVar[str]
    docs: ClassVar[str]
    """URL of the provider's page about verification."""
    scheme: Scheme | None = None
    proof: ClassVar[str] = ""
    """How a request is proven, in words, where `verify` is overridden or the options say it."""
    tolerance: float | None = None
    """Seconds that a signed time may be off, to either side. None: this provider signs no time."""
    retry_horizon: ClassVar[float] = 0
    """Seconds for which the provider keeps retrying; a dedupe window is never shorter by default."""
    key: ClassVar[str] = "the provider's event id"
    """What makes the dedupe key, in words, for the docs and `gateway check`."""
    first_sample: ClassVar[str] = "sample.created"
    """The event type that a newcomer is told to send first."""
    methods: ClassVar[frozenset[str]] = frozenset({"POST"})
    """The methods by which its webhooks come; a handshake may come by any."""
    key_hosts: ClassVar[tuple[str, ...]] = ()
    """Hosts from which documents may be fetched: exact names, or suffixes that begin with a dot."""
    api_key_variable: ClassVar[str | None] = None
    """The environment variable that by custom holds a key of the provider's API. None: no API is used."""
    forwarder: ClassVar[str | None] = None
    """The provider's own command that forwards real webhooks to `{url}`, where it has one."""
    acts_on_answer: ClassVar[Mapping[str, str]] = {}
    """Event types, by pattern (`invoice.created`, `command.*`), for which the provider acts on the answer:
    what it does. For these, to answer once the event is stored may be too early, or say too little."""
    answer_headers: ClassVar[frozenset[str]] = frozenset()
    """Lower-case names of headers, besides `content-type`, that the provider reads in such an answer."""
    Options: ClassVar[type[Options]] = Options
    unstated: ClassVar[Mapping[str, Any]] = {}
    """What stands for required options where a captured request is judged offline and its record states none
    of them; the gateway itself never fills them in."""

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        """`options` are the source's extra config keys; raises pydantic.ValidationError naming a bad one.

        `tolerance` (seconds) replaces the provider's own.
        """
        self.options = self.Options.model_validate(dict(options or {}))
        if tolerance is not None:
            self.tolerance = tolerance

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        """The answer to a set-up challenge that carries no signature, or None where this request is none.

        Asked first, for a request of any method, and of everyone: it must tell a stranger nothing that he
        did not send, and change nothing. Raises nothing.
        """
        return None

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: float) -> int:
        """Prove who sent `request`; `now` is Unix seconds. Returns the index of the secret that matched.

        Raises VerificationError, or NeedsKey where a document must be fetched first, and nothing else,
        whatever arrives. A URL that the request itself names goes through `fetched`.
        """
        if self.scheme is None:
            raise VerificationError(f"the adapter {self.name} states no scheme and overrides no verify()")
        return self.scheme.verify(request, secrets, now, self.tolerance)

    def may_fetch(self, url: str) -> bool:
        """Whether `url` may be fetched for this adapter: by `host_allows` with its hosts, or by its scheme.

        Narrow it by path where anyone can publish under a host (`super().may_fetch(url) and …`). Redirects
        are never followed.
        """
        return host_allows(url, self.key_hosts) or (self.scheme is not None and self.scheme.may_fetch(url))

    def fetched(self, request: WebhookRequest, wanted: KeyRequest | str, max_age: float = 3600) -> bytes:
        """The document `wanted`. Raises VerificationError where it may not be fetched, else NeedsKey."""
        wanted = KeyRequest(wanted) if isinstance(wanted, str) else wanted
        if not self.may_fetch(wanted.target):
            raise VerificationError(
                f"{wanted.target[:200]!r} is not an address of {self.title} to fetch from"
            )
        return request.key(wanted, max_age)

    def challenge(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | Confirm | None:
        """The answer to a signed set-up request, or None where this request is none.

        Asked after `verify` succeeded and before `parse`; what it answers is no event. Raises PayloadError.
        """
        return None

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        """The events of a verified request, in order. Raises PayloadError, and nothing else."""
        raise PayloadError(f"the adapter {self.name} does not say how to parse")

    def reply(self, request: WebhookRequest) -> Reply | None:
        """What the provider wants to hear once the events of `request` are stored, duplicates too.

        None: the gateway's own answer. Raises nothing.
        """
        return None

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

    def signed_bytes(self, request: WebhookRequest) -> bytes | None:
        """What the proof in `request` is over, for people. Raises VerificationError; see `Scheme`."""
        return self.scheme.signed_bytes(request) if self.scheme else None

    def expected(self, request: WebhookRequest, secret: str) -> str | None:
        """The proof that would be right, for people. Raises VerificationError, ValueError; see `Scheme`."""
        return self.scheme.expected(request, secret) if self.scheme else None

    @property
    def needs_secret(self) -> bool:
        """Whether a source must have a secret; see `Scheme`."""
        return self.scheme is None or self.scheme.needs_secret

    @property
    def signs_body(self) -> bool:
        """Whether the proof covers the body; see `Scheme`. Override it where `verify` is overridden."""
        return self.scheme is None or self.scheme.signs_body

    @property
    def keys_are_ids(self) -> bool:
        """Whether the dedupe key of every event is its id: it is then recognised as long as it is stored."""
        return True

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

    def check_api_key(self, key: str) -> None:
        """Raise ValueError, with a sentence that never shows it, where `key` can't be one of the API."""
        check_text(key)

    def check_account(self, account: str) -> None:
        """Raise ValueError where `account` can be no account of the API besides the key's own."""
        if not _ACCOUNT.fullmatch(account):
            raise ValueError("must be the id of a connected account such as acct_1Abc")

    def events_api(self, key: str, base: str | None = None, account: str | None = None) -> EventsApi | None:
        """The events that the provider keeps; None where it offers none. Opens no connection yet.

        `base` replaces the URL of the API, `account` is a connected account to read. Raises ValueError where
        `key` can't be one.
        """
        return None

    def endpoints_api(self, key: str, base: str | None = None) -> EndpointsApi | None:
        """The endpoints that the provider sends to; None where it offers none. As `events_api`."""
        return None
