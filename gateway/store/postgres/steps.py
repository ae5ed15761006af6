"""Steps of runs: kept by the attempt that holds the lease, the first of a key for ever."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.store.postgres.accept import accept
from gateway.store.postgres.columns import columns
from gateway.store.postgres.groups import Groups
from gateway.store.postgres.pool import Pool
from gateway.store.postgres.session import Session
from gateway.store.steps import NewStep, Step, sent

Key = tuple[str, str]
"""A run and a key of it."""


class PostgresSteps:
    """The steps of one database; see `gateway.store.steps.Steps`."""

    def __init__(self, groups: Groups, pool: Pool) -> None:
        self._pool = pool
        self._groups = groups

    async def of(self, event_id: str, run_id: str) -> Sequence[Step]:
        found = await self._pool.read(lambda session: session.rows("steps_of", event_id, run_id))
        return [Step(**dict(row)) for row in found]

    async def keep(self, new: NewStep) -> str | None:
        return await self._groups.write(keep, new)


async def keep(session: Session, asked: Sequence[NewStep]) -> list[str | None]:
    """Keep steps; None for one whose attempt holds the lease no more."""
    rows = await session.rows("held_runs", sorted({new.run_id for new in asked}))
    held = {(row["run_id"], row["attempts"]) for row in rows}
    ours = [new for new in asked if (new.run_id, new.attempt) in held]
    if not ours:
        return [None] * len(asked)
    names = [(new.event_id, new.run_id, new.key) for new in ours]
    found = await session.rows("kept_steps", *columns(names))
    kept = {(row["run_id"], row["key"]): row["result"] for row in found}
    fresh = {_key(new): new for new in reversed(ours) if _key(new) not in kept}
    kept |= await _keep(session, list(fresh.values()))
    return [kept[_key(new)] if (new.run_id, new.attempt) in held else None for new in asked]


async def _keep(session: Session, fresh: Sequence[NewStep]) -> dict[Key, str]:
    """Keep steps that are not there, and accept what they send; returns their results."""
    if not fresh:
        return {}
    sending = [new for new in fresh if new.send]
    outcomes = await accept(session, [new.send for new in sending]) if sending else []
    results = {_key(new): new.result for new in fresh}
    results |= {_key(new): sent(new.send, came) for new, came in zip(sending, outcomes, strict=True)}
    rows = [(new.event_id, new.run_id, new.key, new.now, results[_key(new)]) for new in fresh]
    await session.count("keep_steps", *columns(rows))
    return results


def _key(new: NewStep) -> Key:
    return new.run_id, new.key
