"""From an attempt to what is written about it: the delivery's new state and what that sets off. Pure."""

from __future__ import annotations

from gateway.pipeline import system
from gateway.pipeline.retry import Dead, Decision, RetryAt, Succeeded
from gateway.pipeline.route import Router
from gateway.store.records import Attempt, Candidate, Claimed, Settlement, State

GONE = "the subscriber answered 410 Gone"


def settlement(
    claimed: Claimed, attempt: Attempt, decision: Decision, router: Router, now: int
) -> Settlement:
    """What to write at `now` (Unix ms) after `decision`."""
    delivery = claimed.delivery
    if isinstance(decision, RetryAt):
        due_at = round(decision.at * 1000)
        return Settlement(attempt, "pending", due_at, delivery.retries + 1, now)
    state: State = "succeeded" if isinstance(decision, Succeeded) else "dead"
    emit = system.ended(delivery, claimed.event, state, attempt, router, now)
    if not (isinstance(decision, Dead) and decision.pause):
        return Settlement(attempt, state, now, delivery.retries, now, emit)
    emit += _paused(claimed, router, now)
    return Settlement(attempt, state, now, delivery.retries, now, emit, delivery.subscription, GONE)


def interrupted(claimed: Claimed, attempt: Attempt, now: int) -> Settlement:
    """What to write where the gateway itself broke the attempt off: due again, no retry used up."""
    return Settlement(attempt, "pending", now, claimed.delivery.retries, now)


def _paused(claimed: Claimed, router: Router, now: int) -> tuple[Candidate, ...]:
    """A pause is told as a system event, unless it was a system event whose delivery brought it about."""
    if claimed.event.is_system:
        return ()
    return (system.paused(claimed.delivery.subscription, GONE, router, now),)
