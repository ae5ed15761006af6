"""How many deliveries may begin: rate limits and throttles, counted for all nodes together. Times: Unix ms.

What is counted is text of our own, read and written under a lock by the same pure functions on each engine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from gateway.store.records import Claimed

SPANS = 200
"""Parts of a rate's period: what begins within one is counted together, and leaves together with its last."""

AT_MOST = 300_000
"""ms that a delivery is put off at one time: others before it may have been cancelled meanwhile."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`limit` within any `period` (ms)."""

    limit: int
    period: int

    def take(self, state: Mapping[str, Any], now: int) -> tuple[dict[str, Any], int | None]:
        """The state afterwards and None, or the state and when there is room again."""
        taken = [span for span in state.get("taken", ()) if span[1] + self.period > now]
        if sum(count for _, _, count in taken) >= self.limit:
            return {"taken": taken}, taken[0][1] + self.period
        if taken and now - taken[-1][0] < self.period / SPANS:
            began, _, count = taken.pop()
            return {"taken": [*taken, [began, now, count + 1]]}, None
        return {"taken": [*taken, [now, now, 1]]}, None

    def ends_at(self, state: Mapping[str, Any]) -> int:
        """When the state says nothing any more."""
        taken = state.get("taken", ())
        return int(taken[-1][1]) + self.period if taken else 0


@dataclass(frozen=True, slots=True)
class Throttle:
    """One every `interval` (ms), `burst` at one time. With `puts_off` who waits is due at its turn."""

    interval: float
    burst: int
    puts_off: bool = False

    def take(self, state: Mapping[str, Any], now: int) -> tuple[dict[str, Any], int | None]:
        """The state afterwards and None, or the state and when it is the turn of whoever asks.

        `next` is when one may begin by an even rate, `last` the turn of the last that waits.
        """
        next = max(float(state.get("next", 0)), float(now))
        early = next - (self.burst - 1) * self.interval
        last = float(state.get("last", 0))
        if early <= now:
            return {"next": next + self.interval, "last": last}, None
        turn = min(max(early, last + self.interval) if self.puts_off else early, now + AT_MOST)
        return {"next": next, "last": turn}, math.ceil(turn)

    def ends_at(self, state: Mapping[str, Any]) -> int:
        """When the state says nothing any more."""
        return int(max(state.get("next", 0), state.get("last", 0))) + 1


@dataclass(frozen=True, slots=True)
class Asking:
    """A leased delivery that would begin. A key that is None is not limited by its limit."""

    delivery_id: str
    number: int
    rate_key: str | None = None
    throttle_key: str | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """Who would begin at `now` for a subscription, in order, and its limits. `ordered`: it keeps an order."""

    subscription: str
    asking: tuple[Asking, ...]
    now: int
    rate: Rate | None = None
    throttle: Throttle | None = None
    ordered: bool = False

    @property
    def keys(self) -> list[tuple[str, str]]:
        """What has to be known to answer: the names of states."""
        rates = [("rate", each.rate_key) for each in self.asking if self.rate and each.rate_key is not None]
        throttles = [("throttle", each.throttle_key) for each in self.asking if self.throttle]
        return list(dict.fromkeys((kind, key) for kind, key in rates + throttles if key is not None))


@dataclass(frozen=True, slots=True)
class Admitted:
    """The answer to one: it goes, it waits and is no longer leased, or it is over the rate limit.

    `until` is when it is to ask again, or when it would not have been over it.
    """

    answer: Literal["go", "wait", "over"]
    until: int = 0


State = dict[str, Any]
States = dict[tuple[str, str], State]


def decide(asked: Admission, states: States, now: int) -> list[Admitted]:
    """Answer in order, at `now` by the store's clock; `states` are changed."""
    return [_one(asked, each, states, now) for each in asked.asking]


def ends_at(asked: Admission, kind: str, state: State) -> int:
    """When a state may be forgotten."""
    limit = asked.rate if kind == "rate" else asked.throttle
    return 0 if limit is None else limit.ends_at(state)


def _one(asked: Admission, each: Asking, states: States, now: int) -> Admitted:
    """Only what goes is counted: who is over the limit, or waits, takes nothing from the others."""
    rate, throttle = ("rate", each.rate_key or ""), ("throttle", each.throttle_key or "")
    taken = dict(states.get(rate, {}))
    if asked.rate is not None and each.rate_key is not None:
        taken, until = asked.rate.take(taken, now)
        if until is not None:
            return Admitted("over", until)
    if asked.throttle is not None and each.throttle_key is not None:
        states[throttle], until = asked.throttle.take(states.get(throttle, {}), now)
        if until is not None:
            return Admitted("wait", until)
    if taken:
        states[rate] = taken
    return Admitted("go")


class FlowStore(Protocol):
    """The part of a store that counts. All that writes is done once it is on disk."""

    async def admit(self, asked: Admission) -> Sequence[Admitted]:
        """Count those that may begin. Who waits is given back: no attempt was made, its lease is ended."""
        ...

    async def overdue(
        self, subscription: str, start_before: int | None, finish_before: int | None, limit: int = 100
    ) -> Sequence[Claimed]:
        """Deliveries without a lease that were to be made before these times: not begun, not finished."""
        ...
