"""The request as an adapter sees it; import it from `adapters.base`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

import orjson

from adapters.errors import KeyRequest, NeedsKey, PayloadError, VerificationError
from adapters.record import once, record

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")

MAX_HEADER = 8192
"""Bytes. A signature header longer than this is refused unread."""

MAX_FORM = 1000
"""Fields of a form. One with more is refused unread."""

_NO_KEYS: Mapping[str, bytes] = MappingProxyType({})


class Headers:
    """The headers of a request, names in lower case, repeats kept, values as the bytes that arrived."""

    __slots__ = ("raw",)

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        self.raw = raw

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Headers:
        """From a plain mapping, for samples and tests."""
        return cls([(k.lower().encode("ascii"), v.encode("latin-1")) for k, v in headers.items()])

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((name.decode("latin-1"), value.decode("latin-1")) for name, value in self.raw)

    def all(self, name: str) -> list[bytes]:
        """Every value of `name` (given in any case), in the order of arrival."""
        wanted = name.lower().encode("ascii")
        return [value for key, value in self.raw if key == wanted]

    def get(self, name: str) -> str | None:
        """The first value of `name`, or None. For headers that prove nothing; else use `proof`."""
        values = self.all(name)
        return values[0].decode("latin-1") if values else None

    def proof(self, name: str) -> str:
        """The only value of a header that is part of the proof.

        Raises VerificationError where it is missing, repeated, empty, longer than MAX_HEADER or not
        printable ASCII, so that no scheme has to think of these again.
        """
        values = self.all(name)
        if not values:
            raise VerificationError(f"the header {name} is missing")
        if len(values) > 1:
            raise VerificationError(f"the header {name} came {len(values)} times")
        value = values[0]
        if not 0 < len(value) <= MAX_HEADER:
            raise VerificationError(f"the header {name} has {len(value)} bytes")
        text = value.decode("latin-1")
        if not (text.isascii() and text.isprintable()):
            raise VerificationError(f"the header {name} holds a character that is not printable ASCII")
        return text


@record
class WebhookRequest:
    """One HTTP request as it arrived.

    `url` is the public URL, query included, made from configuration and never from the Host header.
    `received_at` is Unix seconds. `keys` are the documents that were fetched for it, by URL.
    """

    method: str
    url: str
    headers: Headers
    body: bytes
    received_at: float
    keys: Mapping[str, bytes] = field(default_factory=lambda: _NO_KEYS)

    @once
    def json(self) -> dict[str, Any]:
        """The body as a JSON object, parsed once. Raises PayloadError where it is not one."""
        return json_object(self.body, "the body")

    @once
    def json_list(self) -> list[Any]:
        """The body as a JSON array, parsed once. Raises PayloadError where it is not one."""
        if not isinstance(self.document, list):
            raise PayloadError("the body is JSON, but not an array")
        return self.document

    @once
    def document(self) -> Any:
        """The body as any JSON, parsed once. Raises PayloadError where it is none."""
        return self.__dict__["json"] if "json" in self.__dict__ else json_document(self.body, "the body")

    @once
    def form(self) -> dict[str, list[str]]:
        """The fields of an urlencoded body, empty and repeated ones kept, parsed once.

        Raises PayloadError where it is not UTF-8, holds a bad escape or more than MAX_FORM fields. In
        `verify`, read it under `reading_proof()`.
        """
        return parse_form(self.body)

    def key(self, wanted: KeyRequest | str, max_age: float = 3600) -> bytes:
        """The document `wanted`; raises NeedsKey where it has not been fetched yet.

        Ask only for a URL that `Adapter.may_fetch` allows; `Adapter.fetched` looks first.
        """
        url = wanted if isinstance(wanted, str) else wanted.url
        if url not in self.keys:
            raise NeedsKey(wanted, max_age)
        return self.keys[url]

    def with_headers(self, headers: Mapping[str, str]) -> WebhookRequest:
        """The same request with `headers` added."""
        return replace(self, headers=Headers([*self.headers.raw, *Headers.of(headers).raw]))

    def with_url(self, url: str) -> WebhookRequest:
        """The same request to another `url`."""
        return replace(self, url=url)

    def with_body(self, body: bytes) -> WebhookRequest:
        """The same request with another `body`."""
        return replace(self, body=body)

    def with_keys(self, keys: Mapping[str, bytes]) -> WebhookRequest:
        """The same request with `keys` fetched for it, besides those it has."""
        return replace(self, keys={**self.keys, **keys})


def header_name(text: str) -> str:
    """`text`, where it can be the name of a header (RFC 9110, 5.6.2). Raises ValueError otherwise."""
    if not _HEADER_NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not the name of a header; write one such as X-Signature")
    return text


def json_object(text: bytes | str, what: str) -> dict[str, Any]:
    """Parse `text` as a JSON object; `what` names it in the PayloadError otherwise raised."""
    document = json_document(text, what)
    if not isinstance(document, dict):
        raise PayloadError(f"{what} is JSON, but not an object")
    return document


def json_document(text: bytes | str, what: str) -> Any:
    """Parse `text` as JSON; `what` names it in the PayloadError otherwise raised."""
    try:
        return orjson.loads(text)
    except ValueError as error:
        raise PayloadError(f"{what} is not valid JSON: {error}") from error


def parse_form(body: bytes) -> dict[str, list[str]]:
    """The fields of an urlencoded `body`. Raises PayloadError; `WebhookRequest.form` says when."""
    if _BAD_ESCAPE.search(body):
        raise PayloadError("the body is not a form: it holds a % without two hex digits")
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=bool(body), errors="strict",
            max_num_fields=MAX_FORM,
        )  # fmt: skip
    except ValueError as error:  # UnicodeDecodeError is one
        raise PayloadError(f"the body is not a form: {error}") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields
