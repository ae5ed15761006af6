"""Pauses: a person's, or a 410's, and those of circuit breakers."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.store.postgres.accept import accept
from gateway.store.postgres.session import Session
from gateway.store.records import Candidate


async def pause(session: Session, asked: Sequence[tuple[str, str, int]]) -> list[bool]:
    """Hold (subscription, reason, now) back. What a breaker has paused is not its any more."""
    return [await pause_one(session, *one) for one in asked]


async def pause_one(session: Session, subscription: str, reason: str, now: int) -> bool:
    """The same for one."""
    if await session.count("pause", subscription, now, reason) == 1:
        return True
    taken = await session.count("take_over_pause", subscription, now, reason) == 1
    return taken and await forget_breaker(session, subscription)


async def resume(session: Session, asked: Sequence[tuple[str, Sequence[Candidate]]]) -> list[bool]:
    """Let (subscription) go, with the system events that this sets off; that closes its breaker too."""
    return [await _resume(session, *one) for one in asked]


async def _resume(session: Session, subscription: str, emit: Sequence[Candidate]) -> bool:
    resumed = await session.count("resume", subscription) == 1
    if resumed:
        await forget_breaker(session, subscription)
        session.wake(subscription)
        await accept(session, [emit])
    return resumed


async def forget_breaker(session: Session, subscription: str) -> bool:
    """A breaker has nothing to say any more. False where it had not."""
    forgotten = await session.count("forget_breaker", subscription) == 1
    await session.count("forget_health", subscription)
    return forgotten
