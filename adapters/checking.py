"""One captured request judged offline: "why does my signature fail?", and the check of every vector.

`Captured` is the format that tests/vectors/README.md describes. `judge` does what the gateway does with a
request, in the same order, with the time, the secrets and the fetched documents given: pure, no I/O.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

import orjson
from pydantic import ValidationError

import adapters
from adapters.base import (
    Adapter,
    AdapterError,
    Confirm,
    Headers,
    NeedsKey,
    PayloadError,
    Reply,
    VerificationError,
    WebhookRequest,
)
from adapters.naming import event_name

DOCUMENTS = ("certs", "jwks", "keys")
"""Words of `config` under which documents stand by the URL that they would be fetched from."""

_GENERIC = {"hmac", "token", "basic"}
# How others call what our adapter `hmac` calls so.
_OTHER_WORDS = {"template": "signed", "timestamp_header": "timestamp"}


@dataclass(frozen=True)
class Captured:
    """One request as it was captured, with what is needed to judge it."""

    id: str
    provider: str
    request: WebhookRequest
    secrets: tuple[str, ...]
    now: float
    options: Mapping[str, Any] = field(default_factory=dict)
    tolerance: float | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any], provider: str = "") -> Captured:
        """From a decoded JSON record. Raises ValueError naming the field that is wrong.

        `provider` is that of a record which does not name its own.
        """
        config = _typed(record, "config", Mapping, {})
        options = {key: value for key, value in config.items() if key not in (*DOCUMENTS, "public_url")}
        now = _number(record, "now")
        return cls(
            id=str(record.get("id", "")),
            provider=_typed(record, "provider", str, provider),
            request=_request(record, config, now),
            secrets=_secrets(record),
            now=now,
            options=options,
            tolerance=None if record.get("tolerance") is None else _number(record, "tolerance"),
        )


@dataclass(frozen=True, slots=True)
class CheckedEvent:
    """An event of an accepted request: its id, its whole name, its time in Unix ms."""

    id: str
    name: str
    ts: int | None


@dataclass(frozen=True)
class Verdict:
    """What became of a captured request.

    The verdict is on the proof. `reason` is a code: for an acceptance `verified`, `handshake`, `challenge` or
    `malformed_payload` (genuine, but no event: the gateway answers 400), for a rejection `bad_signature`,
    `stale_timestamp`, `needs_key`, `method_not_allowed` or `handshake`. The rest is for people:
    `detail` names the check that failed, `signed` is what the proof is over, `expected` the proof that each
    secret would have made, `notes` what was passed over. They may show what only the secrets' owner may see.
    """

    verdict: Literal["accept", "reject"]
    reason: str
    detail: str = ""
    events: tuple[CheckedEvent, ...] = ()
    reply: Reply | None = None
    confirm: Confirm | None = None
    secret: int | None = None
    """The index of the secret that matched."""
    signed: bytes | None = None
    expected: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def judge(captured: Captured, path: str | Path | None = None) -> Verdict:
    """What the gateway would do with `captured`; `path` is a further folder of adapters.

    Raises UnknownAdapter or BrokenAdapter, and ValueError where `config` holds a wrong option.
    """
    return judge_with(adapters.load(captured.provider, path), captured)


def judge_with(kind: type[Adapter], captured: Captured) -> Verdict:
    """As `judge`, with the adapter's class at hand, whatever `captured.provider` is."""
    adapter, secrets, notes = _adapter(kind, captured)
    return replace(_judge(adapter, captured, secrets), notes=tuple(notes))


def _judge(adapter: Adapter, captured: Captured, secrets: Sequence[str]) -> Verdict:
    request = captured.request
    handshake = adapter.handshake(request, secrets)
    if handshake is not None:
        verdict: Literal["accept", "reject"] = "accept" if handshake.status < 400 else "reject"
        return Verdict(verdict, "handshake", reply=handshake)
    if request.method not in adapter.methods:
        return Verdict("reject", "method_not_allowed", f"its webhooks come by {', '.join(adapter.methods)}")
    try:
        return _verified(adapter, request, secrets, captured.now)
    except NeedsKey as question:
        wanted = question.request
        if wanted.url != wanted.target and wanted.target in request.keys:  # given without the fragment
            found = request.with_keys({wanted.url: request.keys[wanted.target]})
            return _judge(adapter, replace(captured, request=found), secrets)
        return Verdict("reject", "needs_key", f"{question.url} is not in the config's {'/'.join(DOCUMENTS)}")
    except AdapterError as error:
        signed, expected = _explain(adapter, request, secrets)
        return Verdict("reject", error.code, str(error), signed=signed, expected=expected)


def _verified(adapter: Adapter, request: WebhookRequest, secrets: Sequence[str], now: float) -> Verdict:
    secret = adapter.verify(request, secrets, now)
    try:
        challenge = adapter.challenge(request, secrets)
        parsed = adapter.parse(request) if challenge is None else ()
        events = tuple(CheckedEvent(one.id, event_name(adapter.name, one.type), one.ts) for one in parsed)
    except PayloadError as error:
        return Verdict("accept", error.code, str(error), secret=secret)
    if challenge is None:
        return Verdict("accept", "verified", events=events, reply=adapter.reply(request), secret=secret)
    reply = challenge if isinstance(challenge, Reply) else None
    confirm = challenge if isinstance(challenge, Confirm) else None
    return Verdict("accept", "challenge", reply=reply, confirm=confirm, secret=secret)


def _explain(
    adapter: Adapter, request: WebhookRequest, secrets: Sequence[str]
) -> tuple[bytes | None, tuple[str, ...]]:
    """What is signed, and the proofs that would be right; nothing of either where a part lacks."""
    try:
        signed = adapter.signed_bytes(request)
        proofs = [adapter.expected(request, secret) for secret in secrets]
    except (VerificationError, NeedsKey, ValueError):
        return None, ()
    return signed, tuple(proof for proof in proofs if proof is not None)


def _adapter(kind: type[Adapter], captured: Captured) -> tuple[Adapter, tuple[str, ...], list[str]]:
    """The adapter for `captured`, its secrets, and notes on what of `config` it does not know."""
    options = {_OTHER_WORDS.get(key, key) if kind.name == "hmac" else key: value
               for key, value in captured.options.items()}  # fmt: skip
    if kind.name in _GENERIC:
        options = {"id": "digest", "type": "=message", **options}
    options = {**kind.unstated, **options}
    known = {key: value for key, value in options.items() if key in kind.Options.model_fields}
    left = {key: value for key, value in options.items() if key not in known}
    keys = [text for word in ("public_key", "public_keys") for text in _texts(left.pop(word, []))]
    notes = [f"config.{key} is not known to the adapter {kind.name}" for key in left]
    try:
        return kind(known, captured.tolerance), (*captured.secrets, *keys), notes
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "options"
        raise ValueError(f"config.{where}: {problem['msg']}") from error


def _request(record: Mapping[str, Any], config: Mapping[str, Any], now: float) -> WebhookRequest:
    url = _typed(record, "url", str, "https://gateway.example/")
    headers = [
        (name.lower().encode("ascii", "replace"), value.encode("utf-8", "surrogateescape"))
        for name, values in _typed(record, "headers", Mapping, {}).items()
        for value in _texts(values)
    ]
    documents = {
        address: text.encode() if isinstance(text, str) else orjson.dumps(text)
        for word in DOCUMENTS
        for address, text in _typed(config, word, Mapping, {}).items()
    }
    if "public_url" in config:
        url = _public(url, _typed(config, "public_url", str, ""))
    method = _typed(record, "method", str, "POST").upper()
    return WebhookRequest(method, url, Headers(headers), _body(record), now, documents)


def _public(url: str, public_url: str) -> str:
    """`url` as the provider knows it: what `public_url` states of scheme, host, path and query goes first."""
    public, seen = urlsplit(public_url), urlsplit(url)
    path = public.path if public.path not in ("", "/") else seen.path
    return urlunsplit((public.scheme, public.netloc, path, public.query or seen.query, ""))


def _body(record: Mapping[str, Any]) -> bytes:
    if "body_base64" not in record:
        body: str = _typed(record, "body", str, "")
        return body.encode("utf-8", "surrogateescape")
    try:
        return base64.b64decode(_typed(record, "body_base64", str, ""), validate=True)
    except binascii.Error as error:
        raise ValueError(f"body_base64 is not base64: {error}") from error


def _secrets(record: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(text for word in ("secret", "secrets") for text in _texts(record.get(word) or []))


def _texts(value: object) -> list[str]:
    """One text or a list of them. Raises ValueError otherwise."""
    values = value if isinstance(value, list) else [value]
    texts = [text for text in values if isinstance(text, str)]
    if len(texts) != len(values):
        raise ValueError(f"{value!r} is neither a text nor a list of texts")
    return texts


def _number(record: Mapping[str, Any], name: str) -> float:
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{name}: {value!r} is not a number of seconds")
    return float(value)


def _typed(record: Mapping[str, Any], name: str, kind: type[Any], otherwise: Any) -> Any:
    value = record.get(name, otherwise)
    if not isinstance(value, kind):
        raise ValueError(f"{name}: {value!r} is not a {'text' if kind is str else 'JSON object'}")
    return value
