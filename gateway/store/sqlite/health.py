"""How subscribers fare: who is failing, whose circuit breaker is open. Operations take and answer lists."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.store.claim import Claim
from gateway.store.health import Health
from gateway.store.records import Candidate, Claimed
from gateway.store.sqlite import deliveries
from gateway.store.sqlite.accept import SQL, accept
from gateway.store.sqlite.connection import Read
from gateway.store.sqlite.pauses import HEALTH, forget_breaker
from gateway.store.sqlite.writer import Writer


@dataclass(frozen=True, slots=True)
class _Told:
    """A change of one subscription: the statement's values, and what it emits."""

    values: dict[str, Any]
    emit: Sequence[Candidate] = ()


class SqliteHealth:
    """Keeps the contract of `gateway.store.health.HealthStore`."""

    def __init__(self, writer: Writer, read: Read) -> None:
        self._writer = writer
        self._read = read

    async def all(self) -> Sequence[Health]:
        return await self._read(lambda db: [Health(*row) for row in db.execute(HEALTH["all_health"])])

    async def tell_failing(self, subscription: str, why: str, now: int, emit: Sequence[Candidate]) -> bool:
        values = {"subscription": subscription, "why": why, "now": now}
        return await self._writer.write(_tell_failing, _Told(values, emit))

    async def recovered(self, subscription: str) -> bool:
        return await self._writer.write(_recovered, subscription)

    async def open(
        self, subscription: str, reason: str, now: int, probe_at: int, emit: Sequence[Candidate]
    ) -> bool:
        values = {"subscription": subscription, "reason": reason, "now": now, "probe_at": probe_at}
        return await self._writer.write(_open, _Told(values, emit))

    async def probe(
        self, subscription: str, lease: int, now: int, owner: str, ordered: bool
    ) -> Claimed | None:
        order = [subscription] if ordered else []
        return await self._writer.write(
            _probe, Claim({subscription: 1}, {subscription: lease}, now, owner, order)
        )

    async def probe_failed(self, subscription: str, probe_at: int, now: int) -> None:
        await self._writer.write(_probe_failed, (subscription, probe_at))

    async def close(self, subscription: str, emit: Sequence[Candidate]) -> bool:
        return await self._writer.write(_close, _Told({"subscription": subscription}, emit))


def _tell_failing(db: sqlite3.Connection, told: Sequence[_Told]) -> list[bool]:
    return [_changed(db, "tell_failing", one) for one in told]


def _changed(db: sqlite3.Connection, statement: str, told: _Told) -> bool:
    changed = db.execute(HEALTH[statement], told.values).rowcount == 1
    if changed:
        accept(db, [told.emit])
    return changed


def _recovered(db: sqlite3.Connection, subscriptions: Sequence[str]) -> list[bool]:
    return [_recover(db, subscription) for subscription in subscriptions]


def _recover(db: sqlite3.Connection, subscription: str) -> bool:
    recovered = db.execute(HEALTH["recovered"], {"subscription": subscription}).rowcount == 1
    db.execute(HEALTH["forget_health"], {"subscription": subscription})
    return recovered


def _open(db: sqlite3.Connection, told: Sequence[_Told]) -> list[bool]:
    return [_open_one(db, one) for one in told]


def _open_one(db: sqlite3.Connection, told: _Told) -> bool:
    if db.execute(SQL["pause"], told.values).rowcount == 0:
        return False
    return _changed(db, "open_breaker", told)


def _probe(db: sqlite3.Connection, asked: Sequence[Claim]) -> list[Claimed | None]:
    return [_probe_one(db, one) for one in asked]


def _probe_one(db: sqlite3.Connection, asked: Claim) -> Claimed | None:
    """A claim as any other, for which the pause is lifted within the transaction."""
    [(name, lease)] = asked.leases.items()
    values = {"subscription": name, "now": asked.now, "until": asked.now + lease}
    if db.execute(HEALTH["begin_probe"], values).rowcount == 0:
        return None
    paused_at, reason = db.execute(HEALTH["lift_pause"], {"subscription": name}).fetchone()
    [result] = deliveries.claim(db, [asked])
    db.execute(HEALTH["put_pause_back"], {"subscription": name, "paused_at": paused_at, "reason": reason})
    if not result.claimed:
        db.execute(HEALTH["end_probe"], {"subscription": name, "probe_at": None})
        return None
    return result.claimed[0]


def _probe_failed(db: sqlite3.Connection, failed: Sequence[tuple[str, int]]) -> list[None]:
    for subscription, probe_at in failed:
        db.execute(HEALTH["end_probe"], {"subscription": subscription, "probe_at": probe_at})
    return [None] * len(failed)


def _close(db: sqlite3.Connection, told: Sequence[_Told]) -> list[bool]:
    return [_close_one(db, one) for one in told]


def _close_one(db: sqlite3.Connection, told: _Told) -> bool:
    if not forget_breaker(db, told.values["subscription"]):
        return False
    lifted = db.execute(HEALTH["lift_pause"], told.values).fetchone() is not None
    if lifted:
        accept(db, [told.emit])
    return lifted
