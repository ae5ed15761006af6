"""What follows once events are on disk: who wants them is woken, and what is odd about them is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gateway.pipeline import system
from gateway.pipeline.route import Router
from gateway.store import Store
from gateway.store.records import Candidate, Outcome


async def admit(
    store: Store, candidates: Sequence[Candidate], router: Router, wake: Callable[[Iterable[str]], None]
) -> Sequence[Outcome]:
    """Store one request's events, wake who wants them, and tell what is odd about them."""
    outcomes = await store.accept(candidates)
    wake_subscribed(candidates, outcomes, wake)
    await tell(store, candidates, outcomes, router, wake)
    return outcomes


def wake_subscribed(
    candidates: Sequence[Candidate], outcomes: Sequence[Outcome], wake: Callable[[Iterable[str]], None]
) -> None:
    """Wake who wants the events that were stored."""
    if names := wanted(candidates, outcomes):
        wake(names)


def wanted(candidates: Sequence[Candidate], outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """The subscriptions that have new deliveries; one that has several is named as often."""
    new = [one for one, outcome in zip(candidates, outcomes, strict=True) if outcome.duplicate is None]
    return new[0].subscriptions if len(new) == 1 else tuple(name for one in new for name in one.subscriptions)


def is_to_tell(candidate: Candidate, outcome: Outcome) -> bool:
    """Whether a system event tells of it: a duplicate that differs, a new event that a schema refuses."""
    if outcome.duplicate is not None:
        return outcome.duplicate.differs
    return candidate.breach is not None and candidate.breach.refused


async def tell(
    store: Store,
    candidates: Sequence[Candidate],
    outcomes: Sequence[Outcome],
    router: Router,
    wake: Callable[[Iterable[str]], None],
) -> None:
    """Emit a system event for each duplicate with another body, and for each event that a schema refuses.

    Call it before the sender hears of success: should it fail, the provider's next try tells again of the
    duplicate. That an event was refused stands on the event itself, too.
    """
    each = zip(candidates, outcomes, strict=True)
    emitted = [_telling(*both, router) for both in each if is_to_tell(*both)]
    if emitted:
        await store.accept(emitted)
        wake({name for one in emitted for name in one.subscriptions})


def _telling(candidate: Candidate, outcome: Outcome, router: Router) -> Candidate:
    if (duplicate := outcome.duplicate) is not None:
        return system.duplicate_differs(duplicate, router, duplicate.received_at)
    event, breach = candidate.event, candidate.breach
    assert breach is not None, "else there is nothing to tell"
    return system.schema_broken(event, breach, router, event.received_at)
