"""Open waits: deliveries that are parked until another event comes, or their time is over.

How it goes, in the words of tables. A delivery whose waits are opened is parked: pending, leased to nobody,
never due. An event whose name some open wait is for is noted as an arrival, in the transaction that stores
it; that is all that ingest does about waits. A follower looks at one arrival after the other, in the order in
which they were stored, evaluates the expressions of the few open waits that may fit, and resolves. To resolve
is one transaction on rows that are still open, so whoever follows, and however often he crashes, a wait has
one outcome.

Which events count: those stored after the event whose delivery waits, or, where the wait is opened by an
attempt, after that attempt's end was written down; and received before the time of the wait is over. A wait
times out only when every arrival of before has been looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.event import Event

PARKED = 8_000_000_000_000_000
"""`leased_until` of a delivery that waits: leased to nobody, for ever. Older nodes leave it alone too."""

Resolution = Literal["open", "matched", "timeout"]


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait of a delivery, open or with its outcome. Every time is Unix ms.

    `step` is its name within the delivery, `patterns` are names of events, `match` is an expression over
    `event`, the delivery's own, and `async`, the one that comes; empty: any. `until` None: it does not time
    out. Where it `ends` its delivery, a match cancels that. `async_id` is the event_id of what came.
    """

    seq: int
    delivery_id: str
    event_id: str
    subscription: str
    step: str
    patterns: tuple[str, ...]
    match: str
    ends: bool
    state: Resolution
    opened_at: int
    until: int | None
    resolved_at: int | None = None
    async_id: str | None = None


@dataclass(frozen=True, slots=True)
class Waited:
    """A wait as who has its delivery sees it; `event` is what came, None where nothing did (yet)."""

    wait: Wait
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """An arrival, and some of the open waits that it may resolve, each with the event of its delivery.

    `cursor` is how far earlier looks at it got, `last` how far this one does. `is_last`: there are no further
    waits behind these. `arrived` None: the event was erased meanwhile.
    """

    seq: int
    cursor: int
    last: int
    arrived: Event | None
    waits: Sequence[tuple[Wait, Event]]
    is_last: bool


Opened = Callable[[Event], Event]


def as_it_is(event: Event) -> Event:
    """The event: what is stored can be read."""
    return event


class Waits(Protocol):
    """The waits of a store, reached as `store.waits`.

    They are opened by what makes a delivery or ends an attempt: `Candidate.waits`, `NewDelivery.waits`,
    `Settlement.waits`. Who claims a delivery finds them in `Claimed.waits`.
    """

    async def look(self, limit: int = 200, opened: Opened = as_it_is) -> Look | None:
        """The first arrival with up to `limit` open waits that it may resolve; None: nothing has arrived.

        `opened` makes readable what was stored: by its fields an arrival finds those that wait for it.
        """
        ...

    async def resolve(self, look: Look, matched: Sequence[int], now: int) -> frozenset[str] | None:
        """Write down what came of a look: its arrival resolves the waits with these `seq`.

        Those that are still open resume their deliveries; a delivery that a wait `ends` is parked until it
        is cancelled, or, where an attempt is under way, kept from another. Returns the subscriptions that
        have something due now. None, and no change: another follower was faster.
        """
        ...

    async def time_out(self, now: int, limit: int = 200) -> frozenset[str]:
        """Resolve up to `limit` waits whose time was over before `now`. Returns whom that gives work."""
        ...

    async def next_until(self) -> int | None:
        """When the first open wait times out; None where none does."""
        ...

    async def condemned(self, limit: int = 100) -> Sequence[Wait]:
        """Matched waits that end their deliveries, which are pending still and not under way."""
        ...

    async def of(self, delivery_ids: Sequence[str]) -> Sequence[Wait]:
        """The waits of these deliveries, open and resolved, in the order in which they were opened."""
        ...

    async def open(self) -> int:
        """How many waits are open."""
        ...
