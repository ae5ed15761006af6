"""Backfills: which node is at one, and how far it got."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.store.places import Place
from gateway.store.postgres.session import Session


async def begin(session: Session, asked: Sequence[tuple[Place, int, int]]) -> list[Place | None]:
    """Take (place) at `now` until `until`; None where another has it."""
    return [await _begin(session, place, now, until) for place, now, until in asked]


async def _begin(session: Session, place: Place, now: int, until: int) -> Place | None:
    rows = await session.rows("begin_backfill", place.source, place.account, until, now)
    return Place(place.source, place.account, rows[0]["cursor"]) if rows else None


async def mark(session: Session, asked: Sequence[tuple[Place, int]]) -> list[None]:
    """Note how far (place) is, taken until `until`."""
    for place, until in asked:
        await session.count("mark_backfill", place.source, place.account, place.cursor, until)
    return [None] * len(asked)
