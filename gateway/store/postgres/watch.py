"""What is waited for and watched. Each operation takes a list and answers a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.store.postgres.accept import accept
from gateway.store.postgres.columns import columns
from gateway.store.postgres.session import Session
from gateway.store.records import Candidate
from gateway.store.watch import ANSWERS_KEPT, Awaited, KeptAnswer, Watched


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the watched sources; see `Store.watch`."""

    heard: Mapping[str, int | None]
    gap: int
    now: int


async def keep_answers(session: Session, answers: Sequence[KeptAnswer]) -> list[None]:
    """Keep answers for a day."""
    rows = [(a.delivery_id, a.number, a.status, a.headers, a.kept_at, a.body) for a in answers]
    await session.count("keep_answers", *columns(rows))
    await session.count("forget_answers", max(a.kept_at for a in answers) - ANSWERS_KEPT)
    return [None] * len(answers)


async def awaited(session: Session, pairs: Sequence[tuple[str, str]]) -> list[Awaited]:
    """The deliveries of (event_id, subscription)."""
    return [Awaited(**dict(row)) for row in await session.rows("awaited", *columns(pairs))]


async def answer(session: Session, delivery_id: str) -> KeptAnswer | None:
    """The answer to the newest attempt that has one."""
    rows = await session.rows("answer", delivery_id)
    return KeptAnswer(**dict(rows[0])) if rows else None


async def watch(session: Session, looks: Sequence[Look]) -> list[list[Watched]]:
    """Note what was heard; returns what is known of each source."""
    return [await _watch(session, look) for look in looks]


async def _watch(session: Session, look: Look) -> list[Watched]:
    if not look.heard:
        return []
    rows = [(s, None if at is None else max(0, look.now - at)) for s, at in look.heard.items()]
    found = await session.rows("watch_sources", *columns(rows), session.at(look.now), look.gap)
    return [Watched(**dict(row)) for row in found]


async def tell_silent(session: Session, asked: Sequence[tuple[str, int, int, Candidate]]) -> list[bool]:
    """Tell that (source) is silent since (counted_from), at (now)."""
    return [
        await _told(session, "tell_silent", (source, counted_from, session.at(now)), emit)
        for source, counted_from, now, emit in asked
    ]


async def tell_rejected(session: Session, asked: Sequence[tuple[str, int, int, Candidate]]) -> list[bool]:
    """Tell that all requests of (source) fail, once in (period) ms, at (now)."""
    return [
        await _told(session, "tell_rejected", (source, period, session.at(now)), emit)
        for source, period, now, emit in asked
    ]


async def _told(session: Session, statement: str, values: Sequence[object], emit: Candidate) -> bool:
    told = await session.count(statement, *values) == 1
    if told:
        await accept(session, [[emit]])
    return told
