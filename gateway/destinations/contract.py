"""What a destination promises: it tries once, tells what came of it, and never raises for the other side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.store.records import Claimed
from gateway.wait import NewWait


@dataclass(frozen=True, slots=True)
class Whole:
    """All that an HTTP answer said, to be handed on. `body` None: it was too long to read to its end."""

    headers: Sequence[tuple[str, str]]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try; a success where `error` is None. `latency` is ms.

    `status` is a subscriber's HTTP status, None of every other kind and where nobody answered: what follows
    goes by it (410 pauses the subscription), which no service means so by its own. `response` is what the
    other side said: the first 4 KiB of an HTTP answer, where a broker put the message, or what a function
    returned, its traceback where it raised. `whole` is an HTTP answer as it came.

    A function can say what comes next: `final` that no other attempt helps, `retry_in` the exact seconds
    until the next one. Without an error, it can be `parked`: its run goes on at that time (Unix ms), and
    nothing is used up. With `waits` it goes on when one of them is over instead.
    """

    latency: int
    status: int | None = None
    error: str | None = None
    response: str = ""
    retry_after: str | None = None
    whole: Whole | None = None
    final: bool = False
    retry_in: float | None = None
    parked: int | None = None
    waits: tuple[NewWait, ...] = ()


class Destination(Protocol):
    """Where one subscription delivers. Made on the event loop, cheap to make: it connects when first used."""

    async def deliver(self, claimed: Claimed, now: float) -> Answer:
        """Deliver once, at `now` (Unix seconds), within the subscription's timeout.

        A success means that the other side has it: a broker has acknowledged it as it acknowledges what it
        will not lose. Many calls run at once. What the other side does is an Answer, never an exception.
        """
        ...

    async def close_unused(self) -> None:
        """Close what has not been used for a while; called about once a second."""
        ...

    async def close(self) -> None:
        """Let go of everything; nothing is under way any more."""
        ...
