"""What is told of webhooks that were stored: counts, and the span from reception to answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.store.records import Candidate, Outcome
from gateway.telemetry.process import Telemetry
from gateway.telemetry.trace import Tracer, of_event


def stored(
    telemetry: Telemetry,
    source: str,
    candidates: Sequence[Candidate],
    outcomes: Sequence[Outcome],
    clock: Callable[[], float],
) -> None:
    """Count the events and duplicates of one request of `source`, which is answered now by `clock`."""
    count(telemetry, source, outcomes)
    trace(telemetry, candidates, outcomes, clock)


def count(telemetry: Telemetry, source: str, outcomes: Sequence[Outcome]) -> None:
    """Count the events and duplicates of one request of `source`."""
    counts = telemetry.counts.source(source)
    for outcome in outcomes:
        if outcome.duplicate is None:
            counts.events += 1
        else:
            counts.duplicates += 1


def trace(
    telemetry: Telemetry,
    candidates: Sequence[Candidate],
    outcomes: Sequence[Outcome],
    clock: Callable[[], float],
) -> None:
    """Hand over the spans of one request's events, where traces are kept."""
    if telemetry.tracer is not None:
        for candidate, outcome in zip(candidates, outcomes, strict=True):
            _trace(telemetry.tracer, candidate, outcome, clock())


def _trace(tracer: Tracer, candidate: Candidate, outcome: Outcome, now: float) -> None:
    """Hand its span over. That of a duplicate names the first event, and stays in its own request's trace."""
    event, reception = candidate.event, candidate.reception
    attributes: dict[str, str | int] = {
        "gateway.source": event.source,
        "gateway.event_id": outcome.event_id,
        "gateway.event": event.name,
        "gateway.duplicate": "false" if outcome.duplicate is None else "true",
    }
    span = of_event(event.event_id, reception.headers if reception else "[]", tracer)
    tracer.record(span, f"webhook {event.source}", True, event.received_at / 1000, now, attributes)
