"""How subscribers fare: who is failing, whose circuit breaker is open. Operations take and answer lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.store.claim import Claim
from gateway.store.health import Health
from gateway.store.postgres.accept import accept
from gateway.store.postgres.claims import Floors
from gateway.store.postgres.groups import Groups
from gateway.store.postgres.pauses import forget_breaker
from gateway.store.postgres.pool import Pool
from gateway.store.postgres.session import Session
from gateway.store.records import Candidate, Claimed


@dataclass(frozen=True, slots=True)
class _Told:
    """A change of one subscription, and what it emits."""

    subscription: str
    why: str = ""
    now: int = 0
    probe_at: int = 0
    emit: Sequence[Candidate] = ()


class PostgresHealth:
    """Keeps the contract of `gateway.store.health.HealthStore`."""

    def __init__(self, groups: Groups, pool: Pool, floors: Floors) -> None:
        self._groups = groups
        self._pool = pool
        self._floors = floors

    async def all(self) -> Sequence[Health]:
        found = await self._pool.read(lambda session: session.rows("all_health"))
        return [Health(*row) for row in found]

    async def tell_failing(self, subscription: str, why: str, now: int, emit: Sequence[Candidate]) -> bool:
        return await self._groups.write(_tell_failing, _Told(subscription, why, now, emit=emit))

    async def recovered(self, subscription: str) -> bool:
        return await self._groups.write(_recovered, subscription)

    async def open(
        self, subscription: str, reason: str, now: int, probe_at: int, emit: Sequence[Candidate]
    ) -> bool:
        return await self._groups.write(_open, _Told(subscription, reason, now, probe_at, emit))

    async def probe(
        self, subscription: str, lease: int, now: int, owner: str, ordered: bool
    ) -> Claimed | None:
        order = [subscription] if ordered else []
        asked = Claim({subscription: 1}, {subscription: lease}, now, owner, order)
        self._floors.forget([subscription])
        try:
            return await self._groups.write(self._probe, asked)
        finally:
            self._floors.forget([subscription])

    async def probe_failed(self, subscription: str, probe_at: int, now: int) -> None:
        await self._groups.write(_probe_failed, (subscription, probe_at, now))

    async def close(self, subscription: str, emit: Sequence[Candidate]) -> bool:
        return await self._groups.write(_close, _Told(subscription, emit=emit))

    async def _probe(self, session: Session, asked: Sequence[Claim]) -> list[Claimed | None]:
        await session.run_named("lock_pauses")
        return [await self._probe_one(session, one) for one in asked]

    async def _probe_one(self, session: Session, asked: Claim) -> Claimed | None:
        """A claim as any other, for which the pause is lifted within the transaction."""
        [(name, lease)] = asked.leases.items()
        if await session.count("begin_probe", name, session.at(asked.now), lease) == 0:
            return None
        [paused] = await session.rows("lift_pause", name)
        [result] = await self._floors.claim(session, [asked])
        await session.count("put_pause_back", name, *paused)
        if not result.claimed:
            await session.count("end_probe", name, None, asked.now, False)
            return None
        return result.claimed[0]


async def _tell_failing(session: Session, told: Sequence[_Told]) -> list[bool]:
    return [await _tell(session, one) for one in told]


async def _tell(session: Session, told: _Told) -> bool:
    changed = await session.count("tell_failing", told.subscription, told.now, told.why) == 1
    if changed:
        await accept(session, [told.emit])
    return changed


async def _recovered(session: Session, subscriptions: Sequence[str]) -> list[bool]:
    return [await _recover(session, subscription) for subscription in subscriptions]


async def _recover(session: Session, subscription: str) -> bool:
    recovered = await session.count("recovered", subscription) == 1
    await session.count("forget_health", subscription)
    return recovered


async def _open(session: Session, told: Sequence[_Told]) -> list[bool]:
    return [await _open_one(session, one) for one in told]


async def _open_one(session: Session, told: _Told) -> bool:
    if await session.count("pause", told.subscription, told.now, told.why) == 0:
        return False
    shifted = session.clock == "database"
    await session.count("open_breaker", told.subscription, told.now, told.probe_at, shifted)
    await accept(session, [told.emit])
    return True


async def _probe_failed(session: Session, failed: Sequence[tuple[str, int, int]]) -> list[None]:
    shifted = session.clock == "database"
    for one in failed:
        await session.count("end_probe", *one, shifted)
    return [None] * len(failed)


async def _close(session: Session, told: Sequence[_Told]) -> list[bool]:
    return [await _close_one(session, one) for one in told]


async def _close_one(session: Session, told: _Told) -> bool:
    if not await forget_breaker(session, told.subscription):
        return False
    lifted = bool(await session.rows("lift_pause", told.subscription))
    if lifted:
        session.wake(told.subscription)
        await accept(session, [told.emit])
    return lifted
