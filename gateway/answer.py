"""Answers over bare ASGI: what the hot path sends, and errors in the one shape they all have."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from starlette.types import Send

from adapters.base import Reply

RETRY_AFTER = b"2"
"""Seconds that a sender is asked to wait after a 503."""

RawHeaders = Sequence[tuple[bytes, bytes]]


class Refused(Exception):
    """A request that is answered with an error. The message says what to fix."""

    def __init__(self, status: int, code: str, message: str, headers: RawHeaders = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers


async def answer(send: Send, status: int, body: bytes, headers: RawHeaders = ()) -> None:
    """Send a JSON body."""
    kept = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": kept})
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, refused: Refused) -> None:
    """Send an error; a 503 says when to come back, and an unread body costs the connection."""
    headers = list(refused.headers)
    if refused.status == 503:
        headers.append((b"retry-after", RETRY_AFTER))
    if refused.status in (408, 413, 503):
        headers.append((b"connection", b"close"))
    await answer(send, refused.status, error_body(refused.code, str(refused)), headers)


def error_body(code: str, message: str) -> bytes:
    """The body of every error."""
    return orjson.dumps({"error": {"code": code, "message": message}})


async def reply(send: Send, handshake: Reply) -> None:
    """Send what a provider's handshake wants to hear."""
    headers = [(name.lower().encode(), value.encode()) for name, value in handshake.headers.items()]
    headers.append((b"content-length", str(len(handshake.body)).encode()))
    await send({"type": "http.response.start", "status": handshake.status, "headers": headers})
    await send({"type": "http.response.body", "body": handshake.body})
