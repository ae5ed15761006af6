"""Rate limits and throttles: what may begin, counted; and what should have begun long ago."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import orjson

from gateway.store.flow import Admission, Admitted, Asking, States, decide, ends_at
from gateway.store.records import Claimed
from gateway.store.sqlite.connection import Read
from gateway.store.sqlite.deliveries import whole
from gateway.store.sqlite.writer import Writer
from gateway.store.statements import load

SQL = load("gateway.store.sqlite", "flow.sql")


class SqliteFlow:
    """Keeps the contract of `gateway.store.flow.FlowStore`."""

    def __init__(self, writer: Writer, read: Read) -> None:
        self._writer = writer
        self._read = read

    async def admit(self, asked: Admission) -> Sequence[Admitted]:
        return await self._writer.write(_admit, asked)

    async def overdue(
        self, subscription: str, start_before: int | None, finish_before: int | None, limit: int = 100
    ) -> Sequence[Claimed]:
        asked = {"not_started": start_before, "not_finished": finish_before}

        def read(db: sqlite3.Connection) -> list[Claimed]:
            seqs: dict[int, None] = {}
            for statement, before in asked.items():
                values = {"subscription": subscription, "before": before, "limit": limit}
                seqs |= {row[0]: None for row in db.execute(SQL[statement], values)}
            return whole(db, list(seqs))

        return await self._read(read)


def _admit(db: sqlite3.Connection, asked: Sequence[Admission]) -> list[list[Admitted]]:
    return [_admit_one(db, one) for one in asked]


def _admit_one(db: sqlite3.Connection, asked: Admission) -> list[Admitted]:
    states = _states(db, asked)
    answers = decide(asked, states, asked.now)
    kept = [
        (asked.subscription, kind, key, orjson.dumps(state).decode(), ends_at(asked, kind, state))
        for (kind, key), state in states.items()
    ]
    db.executemany(SQL["keep_state"], kept)
    db.execute(SQL["forget_states"], {"now": asked.now})
    for each, answer in zip(asked.asking, answers, strict=True):
        if answer.answer == "wait":
            _give_back(db, asked, each, answer)
    return answers


def _states(db: sqlite3.Connection, asked: Admission) -> States:
    values = {"subscription": asked.subscription, "keys": orjson.dumps(asked.keys).decode()}
    return {(kind, key): orjson.loads(state) for kind, key, state in db.execute(SQL["flow_states"], values)}


def _give_back(db: sqlite3.Connection, asked: Admission, each: Asking, answer: Admitted) -> None:
    puts_off = asked.throttle is not None and asked.throttle.puts_off
    values = {"delivery_id": each.delivery_id, "number": each.number}
    db.execute(SQL["give_back"], values | {"due_at": answer.until if puts_off else None})
