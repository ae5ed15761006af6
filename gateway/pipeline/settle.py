"""From an attempt to what is written about it: the delivery's new state and what that sets off. Pure."""

from __future__ import annotations

from dataclasses import replace

from gateway.config.subscription import Retry
from gateway.destinations import Answer
from gateway.pipeline import system
from gateway.pipeline.retry import Dead, Decision, RetryAt, Succeeded, asked, decide
from gateway.pipeline.route import Router
from gateway.store.records import Attempt, Candidate, Claimed, Settlement, State
from gateway.wait import NewWait

GONE = "the subscriber answered 410 Gone"


def decided(
    retry: Retry,
    claimed: Claimed,
    attempt: Attempt,
    answer: Answer | None,
    retry_after: float | None,
    now: float,
    chance: float,
) -> Decision:
    """What follows an attempt: what it asked for itself, else what the schedule says. Times are seconds."""
    retries, schedule = claimed.delivery.retries, retry.schedule
    own = answer and asked(answer.final, answer.retry_in, retries, len(schedule), now)
    succeeded = attempt.error is None
    return own or decide(succeeded, attempt.status, retry_after, retries, schedule, retry.jitter, now, chance)


def settlement(
    claimed: Claimed, attempt: Attempt, decision: Decision, router: Router, now: int, skip: bool = False
) -> Settlement:
    """What to write at `now` (Unix ms) after `decision`.

    With `skip` a delivery with an order key that is tried again takes the place of its next attempt. To the
    others of a batch the same happens.
    """
    settled = _settlement(claimed, attempt, decision, router, now, skip)
    same = Dead() if isinstance(decision, Dead) else decision  # one pause is enough
    others = (_settlement(o, _of(o, attempt), same, router, now, skip) for o in claimed.others)
    return _in_order(claimed, replace(settled, others=tuple(others)))


def _settlement(
    claimed: Claimed, attempt: Attempt, decision: Decision, router: Router, now: int, skip: bool
) -> Settlement:
    delivery = claimed.delivery
    if isinstance(decision, RetryAt):
        due_at = round(decision.at * 1000)
        place = due_at if skip else None
        return Settlement(attempt, "pending", due_at, delivery.retries + 1, now, order_at=place)
    state: State = "succeeded" if isinstance(decision, Succeeded) else "dead"
    emit = system.ended(delivery, claimed.event, state, attempt, router, now)
    if not (isinstance(decision, Dead) and decision.pause):
        return Settlement(attempt, state, now, delivery.retries, now, emit)
    emit += _paused(claimed, router, now)
    return Settlement(attempt, state, now, delivery.retries, now, emit, delivery.subscription, GONE)


def interrupted(claimed: Claimed, attempt: Attempt, now: int) -> Settlement:
    """What to write where the gateway itself broke the attempt off: due again, no retry used up."""
    others = (Settlement(_of(o, attempt), "pending", now, o.delivery.retries, now) for o in claimed.others)
    settled = Settlement(attempt, "pending", now, claimed.delivery.retries, now, others=tuple(others))
    return _in_order(claimed, settled)


def _of(other: Claimed, attempt: Attempt) -> Attempt:
    """The attempt that the one that leads a batch made, as another's of it."""
    return replace(attempt, delivery_id=other.delivery.delivery_id)


def parked(
    claimed: Claimed, attempt: Attempt, until: int, waits: tuple[NewWait, ...], now: int
) -> Settlement:
    """What to write where the run of a function waits: due then (Unix ms), no retry used up."""
    delivery = claimed.delivery
    settled = Settlement(attempt, "pending", until, delivery.retries, now, waits=waits, seen=delivery.waits)
    return _in_order(claimed, settled)


def _in_order(claimed: Claimed, settled: Settlement) -> Settlement:
    """The same, saying whose order it concerns, if anybody's."""
    key, subscription = claimed.delivery.order_key, claimed.delivery.subscription
    return replace(settled, ordered=None if key is None else subscription)


def _paused(claimed: Claimed, router: Router, now: int) -> tuple[Candidate, ...]:
    """A pause is told as a system event, unless it was a system event whose delivery brought it about."""
    if claimed.event.is_system:
        return ()
    return (system.paused(claimed.delivery.subscription, GONE, router, now),)


def attempt_of(claimed: Claimed, started: float, answer: Answer) -> Attempt:
    """The attempt that began at `started` (Unix seconds), by its answer."""
    return Attempt(
        delivery_id=claimed.delivery.delivery_id,
        number=claimed.delivery.attempts,
        started_at=round(started * 1000),
        latency=answer.latency,
        status=answer.status,
        error=answer.error,
        response=answer.response,
    )
