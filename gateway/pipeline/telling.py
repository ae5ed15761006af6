"""What is told of an attempt that is over: counts, its line in the log, its span."""

from __future__ import annotations

import logging
from dataclasses import replace

from gateway.redaction import Redactions
from gateway.store.records import Attempt, Claimed, Settlement
from gateway.telemetry.counts import Counts
from gateway.telemetry.logs import fields
from gateway.telemetry.process import Telemetry
from gateway.telemetry.trace import CURRENT, Span, Tracer, of_attempt, of_event

LINE = "delivery.attempted event=%s name=%s delivery=%s subscription=%s attempt=%s status=%s ms=%s %s%s"

log = logging.getLogger("gateway.worker")


def span_of(claimed: Claimed, tracer: Tracer | None) -> Span:
    """The span of the attempt that a claim is for."""
    event = of_event(claimed.event.event_id, claimed.headers, tracer)
    return of_attempt(event, claimed.delivery.delivery_id, claimed.delivery.attempts)


def tell(
    telemetry: Telemetry, claimed: Claimed, settled: Settlement, held: bool, redactions: Redactions
) -> None:
    """Tell of an attempt whose outcome is written down. `held` False: its lease was lost meanwhile.

    An error may quote the event: what `redactions` hide of it is not told.
    """
    if redactions and settled.attempt.error is not None:
        error = redactions.line(claimed.event, settled.attempt.error)
        settled = replace(settled, attempt=replace(settled.attempt, error=error))
    span = CURRENT.get() or span_of(claimed, telemetry.tracer)  # none where the attempt was another worker's
    _count(telemetry.counts, claimed, settled, held)
    for other, its in zip(claimed.others, settled.others, strict=True):
        _count(telemetry.counts, other, its, held)
        _log(span, other, its, its.state if held else "lease lost")
    if telemetry.tracer is not None:
        _trace(telemetry.tracer, span, claimed, settled.attempt)
    _log(span, claimed, settled, settled.state if held else "lease lost")


def _count(counts: Counts, claimed: Claimed, settled: Settlement, held: bool) -> None:
    """Count the attempt and, where it was the last, the delivery."""
    subscription = counts.subscription(claimed.delivery.subscription)
    subscription.attempted(_outcome(claimed, settled, held), settled.attempt.latency / 1000)
    if not held or settled.state == "pending":
        return
    subscription.finished(settled.state)
    if settled.state == "succeeded" and claimed.delivery.replay_of is None:
        asked_for = max(claimed.event.received_at, claimed.event.ts)
        subscription.delivered.observe(max(0, settled.now - asked_for) / 1000)


def _outcome(claimed: Claimed, settled: Settlement, held: bool) -> str:
    if not held:
        return "lease_lost"
    if settled.state == "pending" and settled.retries == claimed.delivery.retries:
        return "interrupted" if settled.attempt.error else "parked"
    return "succeeded" if settled.state == "succeeded" else "failed"


def _trace(tracer: Tracer, span: Span, claimed: Claimed, attempt: Attempt) -> None:
    attributes: dict[str, str | int] = {
        "gateway.event_id": claimed.event.event_id,
        "gateway.event": claimed.event.name,
        "gateway.delivery_id": attempt.delivery_id,
        "gateway.subscription": claimed.delivery.subscription,
        "gateway.attempt": attempt.number,
    }
    if attempt.status is not None:
        attributes["http.response.status_code"] = attempt.status
    began = attempt.started_at / 1000
    name = f"deliver {claimed.delivery.subscription}"
    tracer.record(span, name, False, began, began + attempt.latency / 1000, attributes, attempt.error)


def _log(span: Span, claimed: Claimed, settled: Settlement, state: str) -> None:
    attempt = settled.attempt
    ids = {
        "event": claimed.event.event_id,
        "name": claimed.event.name,
        "delivery": attempt.delivery_id,
        "subscription": claimed.delivery.subscription,
        "attempt": attempt.number,
        "status": attempt.status,
        "ms": attempt.latency,
    }
    log.log(
        logging.WARNING if attempt.error or settled.state == "dead" else logging.INFO,
        LINE,
        *ids.values(),
        state,
        f" error={attempt.error!r}" if attempt.error else "",
        extra=fields(span, ids | {"message": "delivery.attempted", "state": state, "error": attempt.error}),
    )
