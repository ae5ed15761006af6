"""Deliveries that wait for others: debounced ones, and batches. Pure; what is open comes from the engine.

A window is open from the first event of its key until the time its delivery is due. While it is open, a
debounced delivery gives way to a later one, and a batch takes more. One delivery of a batch leads: it alone
is due, and is claimed. The others are held, leased to nobody for ever, and what becomes of the one that leads
becomes of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gateway.event import new_id
from gateway.store.records import Candidate
from gateway.terms import Batch, Debounce

Slot = tuple[str, str]
"""A subscription and a key."""

ENVELOPE = 200
"""Bytes that an event takes in a body beside its data, its name and its id."""


@dataclass(frozen=True, slots=True)
class Window:
    """What is open for a key: the delivery that is due at `due_at`, and of which event.

    `latest_at` is the time of that event, by which another is later. A batch has a `batch_id`, and counts
    its `events` and their `size` in bytes.
    """

    subscription: str
    key: str
    delivery_id: str
    event_id: str
    opened_at: int
    latest_at: int
    due_at: int
    batch_id: str | None = None
    events: int = 1
    size: int = 0


@dataclass(frozen=True, slots=True)
class Made:
    """A delivery to make. `held`: another of its batch leads."""

    delivery_id: str
    event_id: str
    subscription: str
    due_at: int
    created_at: int
    order_key: str | None
    order_at: int
    batch_id: str | None = None
    held: bool = False


@dataclass(slots=True)
class Gathered:
    """What is to be written, in this order.

    Deliveries to make; those that give way, with when and why; those that are due at another time now; the
    windows as they are at the end.
    """

    made: list[Made] = field(default_factory=list)
    debounced: list[tuple[str, int, str]] = field(default_factory=list)
    due: dict[str, tuple[str, int]] = field(default_factory=dict)
    windows: dict[Slot, Window] = field(default_factory=dict)

    @property
    def wakes(self) -> Iterable[tuple[str, int]]:
        """The subscriptions that have something due, and when."""
        yield from ((each.subscription, each.due_at) for each in self.made if not each.held)
        yield from self.due.values()


def gathered(candidate: Candidate) -> Iterable[tuple[str, Debounce | Batch]]:
    """The subscriptions of a candidate whose deliveries wait for others."""
    for name, terms in candidate.terms.items():
        if terms.gathers is not None and name in candidate.subscriptions:
            yield name, terms.gathers


def at_once(candidate: Candidate) -> Sequence[str]:
    """The other subscriptions: their deliveries wait for nothing but the event's time."""
    if not candidate.terms:
        return candidate.subscriptions
    waiting = {name for name, _ in gathered(candidate)}
    return [name for name in candidate.subscriptions if name not in waiting]


def slots(fresh: Iterable[Candidate]) -> list[Slot]:
    """What is asked for, sorted: everybody takes windows in this order."""
    return sorted({(name, gathers.key) for each in fresh for name, gathers in gathered(each)})


def gather(fresh: Iterable[Candidate], open: Mapping[Slot, Window]) -> Gathered:
    """Go through the candidates in order. `open` are the windows whose delivery nobody has tried yet."""
    found = Gathered(windows=dict(open))
    for candidate in fresh:
        for name, gathers in gathered(candidate):
            if isinstance(gathers, Debounce):
                _debounce(found, candidate, name, gathers)
            else:
                _batch(found, candidate, name, gathers)
    found.windows = {slot: window for slot, window in found.windows.items() if open.get(slot) != window}
    return found


def _debounce(found: Gathered, candidate: Candidate, name: str, terms: Debounce) -> None:
    """The later event's delivery takes the place of the one that waits; an earlier event's gives way."""
    event, slot = candidate.event, (name, terms.key)
    now = event.received_at
    latest_at = min(event.ts, now)  # what is told of the future can't be later than the next word
    window = found.windows.get(slot)
    opened_at = now
    if window is not None and window.batch_id is None and window.due_at > now:
        if event.ts < window.latest_at:
            late = _make(found, candidate, name, window.due_at)
            found.debounced.append((late.delivery_id, now, f"debounced: {window.event_id} happened later"))
            return
        opened_at = window.opened_at
        found.debounced.append((window.delivery_id, now, f"debounced by {event.event_id}"))
    due_at = now + terms.period
    if terms.timeout is not None:
        due_at = min(due_at, opened_at + terms.timeout)
    made = _make(found, candidate, name, max(event.ts, due_at))
    found.windows[slot] = Window(
        name, terms.key, made.delivery_id, event.event_id, opened_at, latest_at, made.due_at
    )


def _batch(found: Gathered, candidate: Candidate, name: str, terms: Batch) -> None:
    """Into the open batch where there is room, else into a new one; an event of the future goes alone."""
    event, slot = candidate.event, (name, terms.key)
    now, size = event.received_at, _size(candidate)
    if event.ts > now + terms.timeout:
        _make(found, candidate, name, event.ts, new_id(now))
        return
    window = found.windows.get(slot)
    if window is not None and window.batch_id is not None and window.due_at > now:
        if window.size + size <= terms.max_body and window.events < terms.size:
            _join(found, candidate, window, terms, size)
            return
        _close(found, window, now)
    due_at = now if size >= terms.max_body else now + terms.timeout
    made = _make(found, candidate, name, due_at, new_id(now))
    found.windows[slot] = Window(
        name, terms.key, made.delivery_id, event.event_id, now, event.ts, due_at, made.batch_id, 1, size
    )


def _join(found: Gathered, candidate: Candidate, window: Window, terms: Batch, size: int) -> None:
    _make(found, candidate, window.subscription, window.due_at, window.batch_id, held=True)
    more = replace(window, events=window.events + 1, size=window.size + size)
    found.windows[window.subscription, window.key] = more
    if more.events >= terms.size or more.size >= terms.max_body:
        _close(found, more, candidate.event.received_at)


def _close(found: Gathered, window: Window, now: int) -> None:
    """The batch goes now."""
    found.due[window.delivery_id] = (window.subscription, now)
    found.windows[window.subscription, window.key] = replace(window, due_at=now)


def _make(
    found: Gathered,
    candidate: Candidate,
    name: str,
    due_at: int,
    batch_id: str | None = None,
    held: bool = False,
) -> Made:
    event = candidate.event
    made = Made(
        new_id(event.received_at),
        event.event_id,
        name,
        due_at,
        event.received_at,
        candidate.orders.get(name),
        event.ts,
        batch_id,
        held,
    )
    found.made.append(made)
    return made


def _size(candidate: Candidate) -> int:
    """Bytes of the event in a body, also where it is stored encrypted."""
    event, data = candidate.event, candidate.read(candidate.event.data)
    return len(data.encode()) + len(event.name) + len(event.id) + ENVELOPE


def rows(made: Sequence[Made], held: int) -> list[tuple[object, ...]]:
    """Rows of deliveries; `held` is the lease of those that another leads."""
    return [
        (m.delivery_id, m.event_id, m.subscription, m.due_at, m.created_at, m.order_key, m.order_at,
         m.batch_id, held if m.held else None)
        for m in made
    ]  # fmt: skip
