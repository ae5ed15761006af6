"""Refused requests as the store has them. Every time is Unix ms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rejection:
    """A request that was refused. `body` is kept only in quarantine; `released_at` says it went in later."""

    rejection_id: str
    source: str
    reason: str
    detail: str
    received_at: int
    remote_addr: str
    method: str
    url: str
    headers: str
    body_size: int
    body_sha256: str
    body: bytes | None = None
    released_at: int | None = None
    keep: int = 1000
    seq: int = 0


@dataclass(frozen=True, slots=True)
class RejectionCount:
    """How often a source refused for one reason, ever."""

    source: str
    reason: str
    count: int
    first_at: int
    last_at: int
