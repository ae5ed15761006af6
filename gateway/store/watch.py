"""The records of what is waited for and watched: awaited deliveries, their answers, silent sources.

Every time is Unix ms, every duration ms.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.records import State

ANSWERS_KEPT = 86_400_000
"""How long (ms) an answer for a provider is kept: longer than any of them waits before it asks again."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A delivery that somebody waits for. `ended` counts its attempts that are over."""

    event_id: str
    subscription: str
    delivery_id: str
    state: State
    ended: int


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A subscriber's whole answer to one attempt, to be handed on.

    `headers` is JSON text, a list of [name, value]. `body` None: it was too long to keep.
    """

    delivery_id: str
    number: int
    status: int
    headers: str
    body: bytes | None
    kept_at: int


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of a watched source.

    `heard_at` is its last webhook, None before the first. `quiet_for` counts from it, or from when the
    gateway began to watch again where it was down meanwhile: `counted_from`. `told` says that this silence
    was told.
    """

    source: str
    heard_at: int | None
    counted_from: int
    quiet_for: int
    told: bool
