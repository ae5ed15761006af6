"""What follows once events are on disk: who wants them is woken, and copies that differ are told of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gateway.pipeline import system
from gateway.pipeline.route import Router
from gateway.store import Store
from gateway.store.records import Candidate, Duplicate, Outcome


async def admit(
    store: Store, candidates: Sequence[Candidate], router: Router, wake: Callable[[Iterable[str]], None]
) -> Sequence[Outcome]:
    """Store one request's events, wake who wants them, and tell of duplicates that differ."""
    outcomes = await store.accept(candidates)
    wake_subscribed(candidates, outcomes, wake)
    await tell_differing(store, outcomes, router, wake)
    return outcomes


def wake_subscribed(
    candidates: Sequence[Candidate], outcomes: Sequence[Outcome], wake: Callable[[Iterable[str]], None]
) -> None:
    """Wake who wants the events that were stored."""
    for candidate, outcome in zip(candidates, outcomes, strict=True):
        if outcome.duplicate is None and candidate.subscriptions:
            wake(candidate.subscriptions)


async def tell_differing(
    store: Store, outcomes: Sequence[Outcome], router: Router, wake: Callable[[Iterable[str]], None]
) -> None:
    """Emit a system event for each duplicate that came with another body.

    Call it before the sender hears of success: should it fail, the provider's next try tells it again.
    """
    differing = [o.duplicate for o in outcomes if o.duplicate is not None and o.duplicate.differs]
    if differing:
        await store.accept([_differs(duplicate, router) for duplicate in differing])
        wake(router.match(system.DIFFERS))


def _differs(duplicate: Duplicate, router: Router) -> Candidate:
    return system.duplicate_differs(duplicate, router, duplicate.received_at)
