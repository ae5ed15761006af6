"""Rate limits and throttles: what may begin, counted; and what should have begun long ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from gateway.store.flow import Admission, Admitted, States, decide, ends_at
from gateway.store.postgres.claims import Floors, whole
from gateway.store.postgres.columns import columns
from gateway.store.postgres.groups import Groups
from gateway.store.postgres.pool import Pool
from gateway.store.postgres.session import Session
from gateway.store.records import Claimed


class PostgresFlow:
    """Keeps the contract of `gateway.store.flow.FlowStore`."""

    def __init__(self, groups: Groups, pool: Pool, floors: Floors) -> None:
        self._groups = groups
        self._pool = pool
        self._floors = floors

    async def admit(self, asked: Admission) -> Sequence[Admitted]:
        answers = await self._groups.write(_admit, asked)
        if any(answer.answer == "wait" for answer in answers):
            self._floors.forget([asked.subscription])  # what was given back may lie below
        return answers

    async def overdue(
        self, subscription: str, start_before: int | None, finish_before: int | None, limit: int = 100
    ) -> Sequence[Claimed]:
        async def read(session: Session) -> list[Claimed]:
            found: dict[str, Any] = {}
            for statement, before in (("not_started", start_before), ("not_finished", finish_before)):
                if before is not None:
                    rows = await session.rows(statement, subscription, before, limit)
                    found |= {row["delivery_id"]: row for row in rows}
            return await whole(session, list(found.values()))

        return await self._pool.read(read)


async def _admit(session: Session, asked: Sequence[Admission]) -> list[list[Admitted]]:
    """One subscription after the other, each by the database's clock from when it is this node's turn."""
    names = sorted({one.subscription for one in asked})
    ordered = sorted({one.subscription for one in asked if one.ordered})
    if ordered:
        await session.rows("lock_orders", ordered)
    await session.rows("lock_flows", names)
    now: int = await session.value("now")
    return [await _admit_one(session, one, now) for one in asked]


async def _admit_one(session: Session, asked: Admission, database_now: int) -> list[Admitted]:
    at = session.at(asked.now)
    now = database_now if at is None else at
    states = await _states(session, asked)
    answers = decide(asked, states, now)
    kept = [
        (asked.subscription, kind, key, orjson.dumps(state).decode(), ends_at(asked, kind, state))
        for (kind, key), state in states.items()
    ]
    if kept:
        await session.count("keep_states", *columns(kept))
        await session.count("forget_states", now, [asked.subscription])
    await _give_back(session, asked, answers)
    return [replace(answer, until=answer.until - now + asked.now) for answer in answers]


async def _states(session: Session, asked: Admission) -> States:
    kinds, keys = [kind for kind, _ in asked.keys], [key for _, key in asked.keys]
    found = await session.rows("flow_states", asked.subscription, kinds, keys)
    return {(row["kind"], row["key"]): orjson.loads(row["state"]) for row in found}


async def _give_back(session: Session, asked: Admission, answers: Sequence[Admitted]) -> None:
    puts_off = asked.throttle is not None and asked.throttle.puts_off
    back = [
        (each.delivery_id, each.number, answer.until if puts_off else None)
        for each, answer in zip(asked.asking, answers, strict=True)
        if answer.answer == "wait"
    ]
    if back:
        await session.count("give_back", *columns(back))
