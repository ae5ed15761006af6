"""The signed string of a scheme, written as a template and compiled once.

    {body}                                     the raw body
    {timestamp}                                the signed time, in the sender's own characters
    {url}  {method}                            the public URL with its query; GET, POST …
    {header:webhook-id}                        the only value of a header
    {body.signature.token}  {form.token}       the text of a field of the JSON or urlencoded body

Everything else is taken as it stands: "v0:{timestamp}:{body}". A template needs {body}, unless the adapter
states why its provider signs less.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import orjson

from adapters.base import VerificationError, WebhookRequest, header_name, reading_proof
from adapters.places import Draft, Place, compile_path, copy_document

Render = Callable[[WebhookRequest, str], bytes]
"""(request, the signed time's text) -> the signed bytes. Raises VerificationError where a part lacks."""

_PIECE = re.compile(r"(\{[^{}]*\})")

_KNOWN: dict[str, Render] = {
    "{body}": lambda request, stamp: request.body,
    "{timestamp}": lambda request, stamp: stamp.encode("ascii", "replace"),
    "{url}": lambda request, stamp: request.url.encode("utf-8", "replace"),
    "{method}": lambda request, stamp: request.method.encode("utf-8", "replace"),
}


def compile_template(text: str, whole: bool = True) -> Render:
    """The function that makes the signed bytes. Raises ValueError where `text` is not such a template.

    `whole`: the body must be in it.
    """
    if whole and "{body}" not in text:
        raise ValueError(f"signed: {text!r} lacks {{body}}, so the body could be exchanged")
    if text == "{body}":
        return _KNOWN["{body}"]
    pieces = [_compile_piece(piece) for piece in _PIECE.split(text) if piece]
    return lambda request, stamp: b"".join([piece(request, stamp) for piece in pieces])


def proof_text(request: WebhookRequest, place: Place, what: str) -> str:
    """The text at `place`, as part of a proof. Raises VerificationError where there is none."""
    with reading_proof():
        value = place.read(request, request.json if place.in_json else {})
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        raise VerificationError(f"there is no text at {what}")
    return value


def _compile_piece(piece: str) -> Render:
    if piece in _KNOWN:
        return _KNOWN[piece]
    if piece.startswith("{header:"):
        name = header_name(piece[len("{header:") : -1])
        return lambda request, stamp: request.headers.proof(name).encode("ascii")
    if piece.startswith(("{body.", "{form.")):
        place = compile_path(piece[1:-1])
        return lambda request, stamp: proof_text(request, place, piece[1:-1]).encode("utf-8", "replace")
    if "{" in piece or "}" in piece:
        raise ValueError(f"signed: {piece!r} is none of {', '.join(_KNOWN)} or {{header:Name}}")
    literal = piece.encode()
    return lambda request, stamp: literal


def written_into_body(request: WebhookRequest, path: str, value: object) -> WebhookRequest:
    """`request` with `value` at `path` (body.x or form.x) of its body, for samples."""
    place = compile_path(path)
    if path.startswith("form."):
        form = Draft({}, {}, form={name: values[-1] for name, values in request.form.items()})
        place.write(form, value)
        return request.with_body(urlencode(form.form).encode())
    draft = Draft({}, copy_document(request.json))
    place.write(draft, value)
    return request.with_body(orjson.dumps(draft.document))
