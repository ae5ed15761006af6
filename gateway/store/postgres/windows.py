"""Deliveries that wait for others: written with their events, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

from gateway.store.postgres.columns import columns
from gateway.store.postgres.session import Session
from gateway.store.records import Candidate
from gateway.store.rows import HELD
from gateway.store.windows import Slot, Window, gather, rows, slots


async def make_gathered(session: Session, fresh: Sequence[Candidate]) -> None:
    """Make the deliveries of those subscriptions that debounce or batch."""
    asked = slots(fresh)
    if not asked:
        return
    found = gather(fresh, await _open(session, asked))
    if found.made:
        await session.count("insert_gathered", *columns(rows(found.made, HELD)))
    if found.debounced:
        await session.count("give_way", *columns(found.debounced))
    if found.due:
        await session.count("be_due", *columns([(id, due_at) for id, (_, due_at) in found.due.items()]))
    if found.windows:
        await session.count("keep_windows", *columns([astuple(one) for one in found.windows.values()]))
    for name, due_at in found.wakes:
        session.wake(name, due_at)


async def _open(session: Session, asked: Sequence[Slot]) -> dict[Slot, Window]:
    await session.count("lock_windows", *columns(asked))
    found = await session.rows("open_windows", *columns(asked))
    return {(row["subscription"], row["key"]): Window(*row) for row in found}
