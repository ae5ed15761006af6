"""Which events are new and which repeat an earlier one. Pure; what is taken already comes from the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from adapters.record import record
from gateway.event import differing_fields, new_id
from gateway.store.records import Candidate, Duplicate, Outcome

Slot = tuple[str, str]
"""A dedupe key with its source."""


@record
class First:
    """The event that holds a dedupe key."""

    event_id: str
    id: str
    digest: bytes
    first_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be stored: the fresh candidates, and beside every candidate the first it repeats, if any."""

    fresh: Sequence[Candidate]
    verdicts: Sequence[Sequence[tuple[Candidate, First | None]]]

    def compared(self) -> list[str]:
        """The stored events whose data is needed to tell which fields differ."""
        return sorted({first.event_id for _, first in self._differing()} - self._fresh_data().keys())

    def outcomes(self, data: Mapping[str, str]) -> list[list[Outcome]]:
        """One outcome a candidate. `data` is that of the compared events; one that is purged has none."""
        known = {**data, **self._fresh_data()}
        return [[_outcome(*verdict, known) for verdict in request] for request in self.verdicts]

    def _differing(self) -> list[tuple[Candidate, First]]:
        return [
            (candidate, first)
            for request in self.verdicts
            for candidate, first in request
            if first is not None and first.digest != candidate.digest
        ]

    def _fresh_data(self) -> dict[str, str]:
        """The data of fresh events that others of this very group differ from."""
        wanted = {first.event_id for _, first in self._differing()}
        return {c.event.event_id: c.event.data for c in self.fresh if c.event.event_id in wanted}


def decide(requests: Sequence[Sequence[Candidate]], taken: Mapping[Slot, First]) -> Decision:
    """Go through the candidates in order. `taken` says who held their keys before."""
    holders = dict(taken)
    fresh: list[Candidate] = []
    verdicts = [[(c, _repeated(c, holders, fresh)) for c in request] for request in requests]
    return Decision(fresh, verdicts)


def duplicates(outcomes: Sequence[Sequence[Outcome]]) -> list[Duplicate]:
    """The duplicates among the outcomes, in order."""
    return [o.duplicate for request in outcomes for o in request if o.duplicate is not None]


def _repeated(candidate: Candidate, holders: dict[Slot, First], fresh: list[Candidate]) -> First | None:
    """The first that `candidate` repeats. Where there is none it is fresh, and holds its key from now on."""
    event = candidate.event
    if candidate.key is not None:
        slot = (event.source, candidate.key)
        first = holders.get(slot)
        if first is not None and first.expires_at > event.received_at:
            return first
        end = event.received_at + candidate.window
        holders[slot] = First(event.event_id, event.id, candidate.digest, event.received_at, end)
    fresh.append(candidate)
    return None


def _outcome(candidate: Candidate, first: First | None, data: Mapping[str, str]) -> Outcome:
    if first is None:
        return Outcome(candidate.event.event_id)
    return Outcome(first.event_id, _duplicate(candidate, first, data))


def _duplicate(candidate: Candidate, first: First, data: Mapping[str, str]) -> Duplicate:
    event, reception = candidate.event, candidate.reception
    same_body = candidate.digest == first.digest
    known = data.get(first.event_id) if not same_body else None
    fields = () if known is None else _fields(candidate, known)
    made = Duplicate(
        duplicate_id=new_id(event.received_at),
        event_id=first.event_id,
        id=event.id,
        name=event.name,
        source=event.source,
        received_at=event.received_at,
        gap=event.received_at - first.first_at,
        same_body=same_body or (known is not None and not fields),
        fields=fields,
        reason=_reason(candidate, first),
        secret=reception.secret if reception else None,
        remote_addr=reception.remote_addr if reception else "",
        headers=reception.headers if reception else "[]",
    )
    return replace(made, data=event.data) if made.differs else made


def _fields(candidate: Candidate, first: str) -> tuple[str, ...]:
    return tuple(differing_fields(candidate.read(first), candidate.read(candidate.event.data)))


def _reason(candidate: Candidate, first: First) -> str:
    """Why it is a duplicate. One of the two from the provider's API says nothing about the other's body."""
    if not candidate.digest or not first.digest:
        return "backfill"
    return "event id" if candidate.event.id == first.id else "twin"
