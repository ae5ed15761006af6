"""Reading a request's body: bounded in size and time."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope

from gateway.answer import Refused


async def read_body(scope: Scope, receive: Receive, limit: int, patience: float) -> bytes:
    """The raw body. Raises Refused past `limit` bytes, after `patience` seconds, or when the sender left.

    Nearly every body is there at once, so the timer is one callback, cancelled unused, where
    `asyncio.timeout` would cost a tenth of the whole request.
    """
    if _announced(scope) > limit:
        raise too_large(limit)
    loop = asyncio.get_running_loop()
    task = asyncio.current_task(loop)
    assert task is not None
    out_of_time = loop.call_later(patience, task.cancel, read_body)
    try:
        return await _read(receive, limit)
    except asyncio.CancelledError as cancelled:
        if cancelled.args != (read_body,):
            raise
        task.uncancel()
        raise Refused(408, "body_timeout", f"the body did not arrive within {patience:g} s") from None
    finally:
        out_of_time.cancel()


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


async def _read(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "body_incomplete", "the sender left before the body was complete")
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


def too_large(limit: int) -> Refused:
    """The refusal of a body over `limit` bytes."""
    return Refused(413, "body_too_large", f"the body is larger than {limit} bytes")
