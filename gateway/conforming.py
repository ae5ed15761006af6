"""Events held to the contract: what breaks a schema is noted on the event, and may go to nobody."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from gateway.schema import Breach, Contract
from gateway.store.records import Candidate
from gateway.telemetry.counts import SourceCounts
from gateway.telemetry.logs import fields
from gateway.telemetry.trace import of_event
from gateway.verdict import Verdict, verdict

ATTRIBUTE = "schema"
"""The attribute of an event that says which schema it breaks, and where."""

MAX_WARNED = 1000
"""Names that the log warns about at most, each once."""

log = logging.getLogger("gateway.schemas")


def noted(breach: Breach) -> str:
    """A breach as the attribute of an event tells it."""
    return f"{'refused by' if breach.refused else 'breaks'} {breach.pattern}: {breach}"[:1000]


def held_to(contract: Contract, candidate: Candidate, data: Any) -> Candidate:
    """The candidate; where its `data` breaks a schema, with that noted.

    One that is refused gets no deliveries but a verdict for each subscription that would have had it: it is
    stored, and can be replayed.
    """
    breach = contract.breach(candidate.event.name, data)
    if breach is None:
        return candidate
    event = candidate.event
    event = replace(event, attributes={**event.attributes, ATTRIBUTE: noted(breach)})
    if not breach.refused:
        return replace(candidate, event=event, breach=breach)
    kept = tuple(_verdict(name, breach) for name in candidate.subscriptions)
    kept_out = {each.subscription for each in kept}
    others = tuple(each for each in candidate.verdicts if each.subscription not in kept_out)
    return replace(
        candidate, event=event, breach=breach, subscriptions=(), orders={}, verdicts=(*kept, *others)
    )


def _verdict(subscription: str, breach: Breach) -> Verdict:
    saw = {fault.field: fault.reason for fault in breach.faults}
    return verdict(subscription, "schema", breach.pattern, saw, None)


class Warnings:
    """What the log says of events that break a schema, and who counts them. One a process."""

    def __init__(self) -> None:
        self._warned: set[tuple[str, str]] = set()

    def tell(self, candidates: Iterable[Candidate], counts: SourceCounts) -> None:
        """Count those that break one, and tell once of each name."""
        for candidate in candidates:
            if candidate.breach is not None:
                counts.broken(candidate.breach.refused)
                self._warn(candidate, candidate.breach)

    def _warn(self, candidate: Candidate, breach: Breach) -> None:
        event, name = candidate.event, candidate.event.name
        key = name, breach.pattern
        if key in self._warned or len(self._warned) >= MAX_WARNED:
            return
        self._warned.add(key)
        what = "is stored and delivered to nobody" if breach.refused else "is delivered all the same"
        headers = candidate.reception.headers if candidate.reception else "[]"
        log.warning(
            "an event %s breaks its schema (%s) and %s: %s; event=%s",
            name,
            breach.pattern,
            what,
            breach,
            event.event_id,
            extra=fields(of_event(event.event_id, headers), {"event": event.event_id, "name": name}),
        )
