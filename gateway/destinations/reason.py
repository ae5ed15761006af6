"""Why something failed, as one line of text: what the exceptions of sockets and libraries say of it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

LONGEST = 500
"""Characters of somebody else's text that are kept."""


def reason(error: BaseException) -> str:
    """`error` in words, with the way out where that is known: the socket's own trouble, if that caused it."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and (said := _of_socket(cause)):
            return said
    return f"{type(error).__name__}: {first_line(error)}".removesuffix(": ")


def first_line(text: object) -> str:
    """The first line of `text`, at most LONGEST characters of it, without NUL, which a store may not hold."""
    lines = str(text).replace("\0", "").strip().splitlines()
    return lines[0][:LONGEST] if lines else ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """What it was raised from or while handling, the first first, and the exception itself."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        error = error.__cause__ or error.__context__
    yield from reversed(seen)


def _of_socket(error: OSError) -> str:
    """In words; empty for one that says nothing itself, as libraries make them to wrap others."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}; set ca to the file of its authority"
    if isinstance(error, ssl.SSLError):
        return f"no TLS connection: {error.reason or first_line(error)}; does it speak TLS at this port?"
    if isinstance(error, ConnectionRefusedError):
        return "refuses connections; is it running, and is the address right?"
    if isinstance(error, socket.gaierror):
        return f"its host cannot be found: {error.strerror}; is the address right?"
    if error.filename:
        return f"{error.filename}: {error.strerror}"
    return error.strerror or ""
