"""Pauses: a person's, or a 410's, and those of circuit breakers."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from gateway.store.records import Candidate
from gateway.store.sqlite.accept import SQL, accept
from gateway.store.statements import load

HEALTH = load("gateway.store.sqlite", "health.sql")


def pause(db: sqlite3.Connection, asked: Sequence[tuple[str, str, int]]) -> list[bool]:
    """Hold (subscription, reason, now) back. What a breaker has paused is not its any more."""
    return [pause_one(db, *one) for one in asked]


def pause_one(db: sqlite3.Connection, subscription: str, reason: str, now: int) -> bool:
    """The same for one."""
    values = {"subscription": subscription, "reason": reason, "now": now}
    if db.execute(SQL["pause"], values).rowcount == 1:
        return True
    taken = db.execute(HEALTH["take_over_pause"], values).rowcount == 1
    return taken and forget_breaker(db, subscription)


def resume(db: sqlite3.Connection, asked: Sequence[tuple[str, Sequence[Candidate]]]) -> list[bool]:
    """Let (subscription) go, with the system events that this sets off; that closes its breaker too."""
    return [_resume(db, *one) for one in asked]


def _resume(db: sqlite3.Connection, subscription: str, emit: Sequence[Candidate]) -> bool:
    resumed = db.execute(SQL["resume"], {"subscription": subscription}).rowcount == 1
    if resumed:
        forget_breaker(db, subscription)
        accept(db, [emit])
    return resumed


def forget_breaker(db: sqlite3.Connection, subscription: str) -> bool:
    """A breaker has nothing to say any more. False where it had not."""
    forgotten = db.execute(HEALTH["forget_breaker"], {"subscription": subscription}).rowcount == 1
    db.execute(HEALTH["forget_health"], {"subscription": subscription})
    return forgotten
