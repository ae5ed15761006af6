"""Rejections: every one is counted, the last few of each source are kept."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.store import values
from gateway.store.postgres.columns import columns
from gateway.store.postgres.session import Session
from gateway.store.rejections import Rejection


async def reject(session: Session, rejections: Sequence[Rejection]) -> list[None]:
    """Count and keep refused requests, then trim each source to its bound."""
    await session.count("insert_rejections", *columns([values.rejection(one) for one in rejections]))
    counted = [(one.source, one.reason, one.received_at) for one in rejections]
    await session.count("count_rejections", *columns(counted))
    for source, keep in {one.source: one.keep for one in rejections}.items():
        await session.count("trim_rejections", source, keep)
    return [None] * len(rejections)


async def mark_released(session: Session, asked: Sequence[tuple[str, int]]) -> list[None]:
    """Note that (rejection_id) went in at `now`."""
    for rejection_id, now in asked:
        await session.count("release_rejection", rejection_id, now)
    return [None] * len(asked)


async def heartbeat(session: Session, moments: Sequence[int]) -> list[None]:
    """Commit the latest of `moments`, to prove that a commit can be done."""
    await session.count("heartbeat", max(moments))
    return [None] * len(moments)
