"""The request as an adapter sees it; import it from `adapters.base`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import orjson

from adapters.errors import PayloadError, VerificationError

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

MAX_HEADER = 8192
"""Bytes. A signature header longer than this is refused unread."""


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


@dataclass(frozen=True)
class WebhookRequest:
    """One HTTP request as it arrived.

    `url` is the public URL, query included, made from configuration and never from the Host header.
    `received_at` is Unix seconds.
    """

    method: str
    url: str
    headers: Headers
    body: bytes
    received_at: float

    @cached_property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object, parsed once. Raises PayloadError where it is not one."""
        return json_object(self.body, "the body")

    def with_headers(self, headers: Mapping[str, str]) -> WebhookRequest:
        """The same request with `headers` added."""
        return replace(self, headers=Headers([*self.headers.raw, *Headers.of(headers).raw]))

    def with_url(self, url: str) -> WebhookRequest:
        """The same request to another `url`."""
        return replace(self, url=url)


def header_name(text: str) -> str:
    """`text`, where it can be the name of a header (RFC 9110, 5.6.2). Raises ValueError otherwise."""
    if not _HEADER_NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not the name of a header; write one such as X-Signature")
    return text


def json_object(text: bytes | str, what: str) -> dict[str, Any]:
    """Parse `text` as a JSON object; `what` names it in the PayloadError otherwise raised."""
    try:
        document = orjson.loads(text)
    except ValueError as error:
        raise PayloadError(f"{what} is not valid JSON: {error}") from error
    if not isinstance(document, dict):
        raise PayloadError(f"{what} is JSON, but not an object")
    return document
