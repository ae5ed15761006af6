"""What is waited for and watched. Each operation takes a list and answers a list."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from gateway.store.records import Candidate
from gateway.store.sqlite.accept import accept
from gateway.store.statements import load
from gateway.store.watch import ANSWERS_KEPT, Awaited, KeptAnswer, Watched

SQL = load("gateway.store.sqlite", "watch.sql")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the watched sources; see `Store.watch`."""

    heard: Mapping[str, int | None]
    gap: int
    now: int


def keep_answers(db: sqlite3.Connection, answers: Sequence[KeptAnswer]) -> list[None]:
    """Keep answers for a day."""
    for a in answers:
        row = (a.delivery_id, a.number, a.status, a.headers, a.kept_at, a.body)
        db.execute(SQL["keep_answer"], row)
    db.execute(SQL["forget_answers"], {"before": max(a.kept_at for a in answers) - ANSWERS_KEPT})
    return [None] * len(answers)


def awaited(db: sqlite3.Connection, pairs: Sequence[tuple[str, str]]) -> list[Awaited]:
    """The deliveries of (event_id, subscription)."""
    found = db.execute(SQL["awaited"], {"pairs": orjson.dumps(pairs).decode()})
    return [Awaited(**dict(row)) for row in found]


def answer(db: sqlite3.Connection, delivery_id: str) -> KeptAnswer | None:
    """The answer to the newest attempt that has one."""
    row = db.execute(SQL["answer"], {"id": delivery_id}).fetchone()
    return None if row is None else KeptAnswer(**dict(row))


def watch(db: sqlite3.Connection, looks: Sequence[Look]) -> list[list[Watched]]:
    """Note what was heard; returns what is known of each source."""
    return [_watch(db, look) for look in looks]


def _watch(db: sqlite3.Connection, look: Look) -> list[Watched]:
    found = []
    for source, heard_at in look.heard.items():
        asked = {"source": source, "heard_at": heard_at, "gap": look.gap, "now": look.now}
        row = dict(db.execute(SQL["watch_source"], asked).fetchone())
        found.append(Watched(**{**row, "told": bool(row["told"])}))
    return found


def tell_silent(db: sqlite3.Connection, asked: Sequence[tuple[str, int, int, Candidate]]) -> list[bool]:
    """Tell that (source) is silent since (counted_from), at (now)."""
    return [
        _told(db, "tell_silent", {"source": source, "counted_from": counted_from, "now": now}, emit)
        for source, counted_from, now, emit in asked
    ]


def tell_rejected(db: sqlite3.Connection, asked: Sequence[tuple[str, int, int, Candidate]]) -> list[bool]:
    """Tell that all requests of (source) fail, once in (period) ms, at (now)."""
    return [
        _told(db, "tell_rejected", {"source": source, "period": period, "now": now}, emit)
        for source, period, now, emit in asked
    ]


def _told(db: sqlite3.Connection, statement: str, values: Mapping[str, object], emit: Candidate) -> bool:
    told = db.execute(SQL[statement], values).rowcount == 1
    if told:
        accept(db, [[emit]])
    return told
