"""The frozen records that cross the store's border. Every time is Unix ms, every duration ms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from adapters.record import record
from gateway.event import Event
from gateway.schema import Breach
from gateway.store.waits import Wait, Waited
from gateway.terms import Terms
from gateway.verdict import Verdict
from gateway.wait import NewWait

State = Literal["pending", "succeeded", "dead", "cancelled"]

TRACEBACK = "Traceback (most recent call last):"
"""How what Python prints of an exception begins."""


@record
class Reception:
    """How a webhook reached the gateway, kept for inspection and for verifying it again.

    `headers` is JSON text, a list of [name, value] without any that hold a secret. `body` and the
    `request_id` it is kept under, shared by a batch, are None where the event's data is exactly the body.
    `secret` is the index of the secret that matched, None where the event was read from the provider's API.
    """

    remote_addr: str
    url: str
    headers: str
    secret: int | None
    request_id: str | None = None
    body: bytes | None = None


@record
class Candidate:
    """An event that asks to be stored.

    `key` is the dedupe key within the event's source, None for system events, which are never duplicates.
    It stays taken for `window` ms from `event.received_at`. `digest` is the SHA-256 of the event's data;
    empty where it was read from the provider's API, whose words for the same event are never the same.
    `subscriptions` get a delivery each, due at the event's `ts`; `orders` are the keys of those that keep an
    order, `terms` those of subscriptions that have any. `verdicts` say why others get none. The deliveries of
    the subscriptions in `waits` wait. `breach` is how the data breaks its schema; it is not stored. `read`
    makes stored data comparable, where that is encrypted.
    """

    event: Event
    digest: bytes
    subscriptions: tuple[str, ...] = ()
    key: str | None = None
    window: int = 0
    reception: Reception | None = None
    orders: Mapping[str, str] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    terms: Mapping[str, Terms] = field(default_factory=dict)
    waits: Mapping[str, tuple[NewWait, ...]] = field(default_factory=dict)
    breach: Breach | None = None
    read: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The evidence that a verified webhook was not processed again, and why.

    `data` is what it brought, where it `differs` and the duplicates of one event were asked for; else None.
    """

    duplicate_id: str
    event_id: str
    id: str
    name: str
    source: str
    received_at: int
    gap: int
    same_body: bool
    fields: tuple[str, ...]
    reason: str
    secret: int | None
    remote_addr: str
    headers: str
    seq: int = 0
    data: str | None = None

    @property
    def differs(self) -> bool:
        """Whether the same event id came with another body, which a provider should never do."""
        return not self.same_body and self.reason == "event id"


@record
class Outcome:
    """What became of a candidate: `event_id` is its own, or the first event's where it is a duplicate."""

    event_id: str
    duplicate: Duplicate | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one subscription.

    `attempts` numbers the attempts, is never reset, and fences stale workers. `retries` counts the failed
    ones and is the position in the retry schedule. While `leased_until` lies ahead a worker has it. While it
    is `held` an earlier one of its subscription and `order_key` comes first, or it goes with another of its
    `batch_id`. While it is `parked` it waits for another event. `waits` counts what became of its waits: it
    changes when one is opened or resolved, and is 0 where it never had any; `waited` are those, open and
    resolved, where a list gave the delivery.
    """

    delivery_id: str
    event_id: str
    subscription: str
    state: State
    due_at: int
    attempts: int
    retries: int
    created_at: int
    leased_until: int | None = None
    finished_at: int | None = None
    replay_of: str | None = None
    last_status: int | None = None
    last_error: str | None = None
    id: str = ""
    name: str = ""
    source: str = ""
    seq: int = 0
    order_key: str | None = None
    held: bool = False
    parked: bool = False
    waits: int = 0
    batch_id: str | None = None
    waited: tuple[Wait, ...] = ()

    @property
    def waits_for(self) -> str:
        """The names that it waits for now, if any."""
        opened = [wait for wait in self.waited if wait.state == "open" and not wait.ends]
        return " or ".join(pattern for wait in opened for pattern in wait.patterns) if self.parked else ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker holds under a lease, with all it needs to deliver it.

    `waits` are those that it has or had, in the order in which they were opened. `others` are the rest of its
    batch, which go in the same call.
    """

    delivery: Delivery
    event: Event
    headers: str
    body: bytes
    waits: Sequence[Waited] = ()
    others: tuple[Claimed, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """What a claim gave, and when each asked subscription next has something due (Unix ms)."""

    claimed: Sequence[Claimed]
    next_due: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a delivery. `latency` is ms; `response` the first 4 KiB of the answer's body.

    Of a function it is what it returned, or its traceback.
    """

    delivery_id: str
    number: int
    started_at: int
    latency: int
    status: int | None = None
    error: str | None = None
    response: str = ""

    @property
    def stack(self) -> str | None:
        """The traceback of a function that raised."""
        raised = self.error is not None and self.status is None and TRACEBACK in self.response
        return self.response if raised else None


@dataclass(frozen=True, slots=True)
class Settlement:
    """The outcome of an attempt: the attempt row, the delivery's new state, and what it sets off.

    All of it commits in one transaction, and none of it where `attempt.number` is no longer the delivery's.
    `ordered` is the subscription where the delivery has an order key; a later `order_at` (Unix ms) lets
    others of the key go first. `others` are of the rest of its batch, and are written if and only if it is.

    With `waits` a delivery that stays `pending` is parked until one of its open waits is resolved; one whose
    `step` it has already stays as it is. `seen` is `delivery.waits` of the claim: where a wait was resolved
    since, the delivery is not parked, but due at `due_at`.
    """

    attempt: Attempt
    state: State
    due_at: int
    retries: int
    now: int
    emit: tuple[Candidate, ...] = ()
    pause: str | None = None
    pause_reason: str = ""
    ordered: str | None = None
    order_at: int | None = None
    waits: tuple[NewWait, ...] = ()
    seen: int = 0
    others: tuple[Settlement, ...] = ()


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery to make of a stored event: a replay.

    Without an `order_key` it has that of the delivery of the same subscription that it replays, if any. A
    wait whose `step` an earlier delivery of the same event and subscription had has the outcome of then.
    """

    delivery_id: str
    event_id: str
    subscription: str
    due_at: int
    replay_of: str | None = None
    order_key: str | None = None
    waits: tuple[NewWait, ...] = ()


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A pending delivery to end, and the system events to emit if that succeeds.

    `reason` is kept as its last error. `untried`: it was leased, but its attempt was not made.
    """

    delivery_id: str
    now: int
    emit: tuple[Candidate, ...] = ()
    reason: str | None = None
    untried: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored event with what is kept beside it. `body` is the raw bytes of the request it came in."""

    event: Event
    reception: Reception | None
    body: bytes
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows a list wants, newest first. `before` is the `seq` after which the next page starts.

    `after` is the `seq` at which the looking ends: rows of events, duplicates and deliveries that are not
    above it are not even looked at, however few match above it.
    """

    source: str | None = None
    name: str | None = None
    since: int | None = None
    state: State | None = None
    subscription: str | None = None
    event_id: str | None = None
    before: int | None = None
    after: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Backlog:
    """Pending deliveries that no worker has: all, those that are due, and for how long (ms) the oldest is."""

    subscription: str
    waiting: int
    due: int
    oldest: int


@dataclass(frozen=True, slots=True)
class Pause:
    """A subscription that gets nothing until it is resumed; its deliveries wait."""

    subscription: str
    paused_at: int
    reason: str
    waiting: int = 0
