"""Idempotency keys of subscriptions: who has one first gets the delivery. Pure; the engine knows who did.

They are kept beside the dedupe keys, as these are: the source of such a key names the subscription, and no
source of an event can be called so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.store import values
from gateway.store.dedupe import First, Slot
from gateway.store.records import Candidate
from gateway.verdict import Verdict

SPACE = "idempotency:"
"""What the source of such a key begins with; the name of a source has no colon."""


@dataclass(frozen=True, slots=True)
class Unique:
    """The fresh candidates without the deliveries that only repeat, and the rows of the keys now taken."""

    candidates: Sequence[Candidate]
    taken: Mapping[Slot, values.Row]


def asked(fresh: Iterable[Candidate]) -> dict[Slot, values.Row]:
    """The row of the first candidate for each key, by key: everybody takes them in this order."""
    first: dict[Slot, values.Row] = {}
    for candidate in fresh:
        for slot, row in _rows(candidate):
            first.setdefault(slot, row)
    return dict(sorted(first.items()))


def decide(fresh: Sequence[Candidate], held: Mapping[Slot, First]) -> Unique:
    """Go through the candidates in order. `held` says who has had keys before."""
    holders = dict(held)
    taken: dict[Slot, values.Row] = {}
    return Unique([_decide(candidate, holders, taken) for candidate in fresh], taken)


def _decide(candidate: Candidate, holders: dict[Slot, First], taken: dict[Slot, values.Row]) -> Candidate:
    event = candidate.event
    repeats: dict[str, Verdict] = {}
    for slot, row in _rows(candidate):
        first = holders.get(slot)
        name = slot[0].removeprefix(SPACE)
        once = candidate.terms[name].once
        assert once is not None, "it has a row"
        if first is not None and first.expires_at > event.received_at:
            repeats[name] = replace(once.repeated, first_event_id=first.event_id)
            continue
        end = event.received_at + once.window
        holders[slot] = First(event.event_id, event.id, candidate.digest, event.received_at, end)
        taken[slot] = row
    return _without(candidate, repeats) if repeats else candidate


def _without(candidate: Candidate, repeats: Mapping[str, Verdict]) -> Candidate:
    """The same without some deliveries; of an event and a subscription one verdict is kept."""
    return replace(
        candidate,
        subscriptions=tuple(name for name in candidate.subscriptions if name not in repeats),
        verdicts=(*(v for v in candidate.verdicts if v.subscription not in repeats), *repeats.values()),
    )


def _rows(candidate: Candidate) -> Iterable[tuple[Slot, values.Row]]:
    event = candidate.event
    for name, terms in candidate.terms.items():
        if terms.once is not None and name in candidate.subscriptions:
            source, end = f"{SPACE}{name}", event.received_at + terms.once.window
            row = (source, terms.once.key, event.event_id, event.id, candidate.digest, event.received_at, end)
            yield (source, terms.once.key), row
