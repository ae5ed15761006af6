"""How the subscribers fare, as every node knows it: who is failing, and whose circuit breaker is open.

A breaker that is open pauses its subscription like a person does, so that no claim needs to know of it. What
a person, or a 410, paused is never a breaker's: `pause` takes it over, and then only a person lets it go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.store.records import Candidate, Claimed

BreakerState = Literal["closed", "half open", "open"]


@dataclass(frozen=True, slots=True)
class Health:
    """What is wrong with a subscription; one that fares well has none. Times are Unix ms.

    `failing_since` and `failing` (why) are None while it is not failing. While its breaker is open a probe
    may be made from `probe_at` on, one at a time: the next after `probing_until`, should the first get lost.
    """

    subscription: str
    failing_since: int | None = None
    failing: str | None = None
    opened_at: int | None = None
    probe_at: int | None = None
    probing_until: int | None = None

    @property
    def breaker(self) -> BreakerState:
        """Half open while a probe is under way."""
        if self.opened_at is None:
            return "closed"
        return "open" if self.probing_until is None else "half open"


class HealthStore(Protocol):
    """The part of a store that keeps it. All that writes is done once it is on disk."""

    async def all(self) -> Sequence[Health]:
        """Every subscription with which something is wrong, by name."""
        ...

    async def tell_failing(self, subscription: str, why: str, now: int, emit: Sequence[Candidate]) -> bool:
        """Note and emit that a subscriber is failing. False, and nothing, where that is known."""
        ...

    async def recovered(self, subscription: str) -> bool:
        """Note that a subscriber is not failing any more. False where it was not."""
        ...

    async def open(
        self, subscription: str, reason: str, now: int, probe_at: int, emit: Sequence[Candidate]
    ) -> bool:
        """Open a breaker: pause the subscription until a probe succeeds; emit. False where it is paused."""
        ...

    async def probe(
        self, subscription: str, lease: int, now: int, owner: str, ordered: bool
    ) -> Claimed | None:
        """Lease one due delivery of a subscription whose breaker is open, for `lease` ms.

        None where it is not open, no probe may be made yet, another is under way, or nothing is due.
        """
        ...

    async def probe_failed(self, subscription: str, probe_at: int, now: int) -> None:
        """End a probe that failed at `now`: the next may be made from `probe_at` on."""
        ...

    async def close(self, subscription: str, emit: Sequence[Candidate]) -> bool:
        """Close a breaker: let the subscription go, and emit. False where it was not open."""
        ...
