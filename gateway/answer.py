"""Answers to HTTP requests: what the hot path sends, and errors in the one shape they all have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from starlette.types import Send

from adapters.base import Reply
from adapters.record import record

RETRY_AFTER = b"2"
"""Seconds that a sender is asked to wait after a 503."""

RawHeaders = Sequence[tuple[bytes, bytes]]

_JSON = (b"content-type", b"application/json")


@record
class Answer:
    """A whole answer; `headers` are lower case and do not have the content-length."""

    status: int
    body: bytes
    headers: RawHeaders = (_JSON,)

    @classmethod
    def json(cls, content: Any) -> Answer:
        """A 200 with `content` as JSON."""
        return cls(200, orjson.dumps(content))

    @classmethod
    def of(cls, reply: Reply) -> Answer:
        """What a provider's handshake wants to hear."""
        headers = [(name.lower().encode(), value.encode()) for name, value in reply.headers.items()]
        return cls(reply.status, reply.body, headers)

    async def send(self, send: Send) -> None:
        """Send it over ASGI."""
        headers = [*self.headers, (b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class Refused(Exception):
    """A request that is answered with an error. The message says what to fix."""

    def __init__(self, status: int, code: str, message: str, headers: RawHeaders = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers

    @property
    def answer(self) -> Answer:
        """A 503 says when to come back, and an unread body costs the connection."""
        headers = [_JSON, *self.headers]
        if self.status == 503:
            headers.append((b"retry-after", RETRY_AFTER))
        if self.status in (408, 413, 503):
            headers.append((b"connection", b"close"))
        return Answer(self.status, error_body(self.code, str(self)), headers)


def error_body(code: str, message: str) -> bytes:
    """The body of every error."""
    return orjson.dumps({"error": {"code": code, "message": message}})
