"""The signed string of an HMAC scheme, written as a template and compiled once.

    {body}                                     the raw body (every template needs it)
    {timestamp}                                the signed time, in the sender's own characters
    {url}  {method}                            the public URL with its query; GET, POST …
    {header:webhook-id}                        the only value of a header

Everything else is taken as it stands: "v0:{timestamp}:{body}".
"""

from __future__ import annotations

import re
from collections.abc import Callable

from adapters.base import WebhookRequest, header_name

Render = Callable[[WebhookRequest, str], bytes]
"""(request, the signed time's text) -> the signed bytes. Raises VerificationError where a header lacks."""

_PIECE = re.compile(r"(\{[^{}]*\})")

_KNOWN: dict[str, Render] = {
    "{body}": lambda request, stamp: request.body,
    "{timestamp}": lambda request, stamp: stamp.encode("ascii", "replace"),
    "{url}": lambda request, stamp: request.url.encode("utf-8", "replace"),
    "{method}": lambda request, stamp: request.method.encode("utf-8", "replace"),
}


def compile_template(text: str) -> Render:
    """The function that makes the signed bytes. Raises ValueError where `text` is not such a template."""
    if "{body}" not in text:
        raise ValueError(f"signed: {text!r} lacks {{body}}, so the body could be exchanged")
    if text == "{body}":
        return _KNOWN["{body}"]
    pieces = [_compile_piece(piece) for piece in _PIECE.split(text) if piece]
    return lambda request, stamp: b"".join([piece(request, stamp) for piece in pieces])


def _compile_piece(piece: str) -> Render:
    if piece in _KNOWN:
        return _KNOWN[piece]
    if piece.startswith("{header:"):
        name = header_name(piece[len("{header:") : -1])
        return lambda request, stamp: request.headers.proof(name).encode("ascii")
    if "{" in piece or "}" in piece:
        raise ValueError(f"signed: {piece!r} is none of {', '.join(_KNOWN)} or {{header:Name}}")
    literal = piece.encode()
    return lambda request, stamp: literal
