"""Claiming: lease what is due, and find it at the same cost however much has been claimed before."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from gateway.store import rows
from gateway.store.claim import LOOK, LOOKS, Claim
from gateway.store.postgres.session import Session, earlier
from gateway.store.postgres.waits import with_waits
from gateway.store.records import Claimed, ClaimResult

SLACK = 5_000
"""ms before now in which a delivery may still appear: so long may the transaction take that makes it."""

SWEEP = 10.0
"""Seconds after which a claim looks below the floor again: at what a claimer left that was broken off."""


@dataclass(slots=True)
class _Floor:
    due_at: int
    swept_at: float
    lowered: int | None = None


class Floors:
    """For each subscription the due time below which nothing is left to claim, as far as this node knows.

    A claimed delivery stays in the index of due ones until vacuum has been there, and while an old
    transaction lasts (a backup) vacuum can't: without a floor every claim would walk over all of them. What
    is made with a due time in the past lowers it.
    """

    def __init__(self) -> None:
        self._floors: dict[str, _Floor] = {}

    def of(self, subscription: str) -> int:
        """Where to start; 0 the first time and every SWEEP seconds."""
        now = time.monotonic()
        floor = self._floors.setdefault(subscription, _Floor(0, now))
        if now - floor.swept_at >= SWEEP:
            floor.due_at, floor.swept_at = 0, now
        if floor.lowered is not None:
            floor.due_at, floor.lowered = min(floor.due_at, floor.lowered), None
        return floor.due_at

    def lower(self, woken: Mapping[str, int | None]) -> None:
        """New deliveries are due at these times (Unix ms) at the earliest: the next claim starts there."""
        for name, due_at in woken.items():
            if due_at is not None and (floor := self._floors.get(name)) is not None:
                floor.lowered = earlier(floor.lowered, due_at)

    def forget(self, subscriptions: Iterable[str]) -> None:
        """A claim was undone: what it took is there again."""
        for name in subscriptions:
            self._floors.pop(name, None)

    async def claim(self, session: Session, claims: Sequence[Claim]) -> list[ClaimResult]:
        """Lease the oldest due deliveries of each subscription; where slots ran out, more is due now."""
        try:
            ordered = {name for asked in claims for name in asked.ordered if name in asked.slots}
            if ordered:
                await session.rows("lock_orders", sorted(ordered))
            return [await _claim(session, self, asked) for asked in claims]
        except BaseException:
            for asked in claims:
                self.forget(asked.slots)
            raise

    def learn(self, subscription: str, claimed_up_to: int, now: int) -> None:
        """All that was due at `claimed_up_to` or before has been claimed by `now` (the store's Unix ms)."""
        if subscription in self._floors:
            self._floors[subscription].due_at = max(0, min(claimed_up_to, now - SLACK))


async def _claim(session: Session, floors: Floors, asked: Claim) -> ClaimResult:
    names = list(asked.slots)
    at = session.at(asked.now)
    low = [floors.of(name) if at is None and name not in asked.ordered else 0 for name in names]
    slots = [0 if name in asked.ordered else asked.slots[name] for name in names]
    leases = [asked.leases[name] for name in names]
    leased = await session.rows("claim", names, slots, leases, low, at, asked.owner)
    for name in (name for name in names if name in asked.ordered):
        leased += await _claim_in_order(session, asked, name)
    open_ones = await session.rows("next_due", names, low, at)
    claimed = await whole(session, leased)
    next_due = {}
    for row in open_ones:
        name = row["subscription"]
        mine = [one["due_at"] for one in leased if one["subscription"] == name]
        full = len(mine) == asked.slots[name]
        floors.learn(name, max(mine) if full and mine else row["now"], row["now"])
        if full:
            next_due[name] = asked.now
        elif row["due_at"] is not None:
            next_due[name] = asked.now + row["due_at"] - row["now"]
    return ClaimResult(claimed, next_due)


async def _claim_in_order(session: Session, asked: Claim, name: str) -> list[asyncpg.Record]:
    """Lease those whose turn it is. What is found behind another of its key is held, and not found again."""
    at, slots = session.at(asked.now), asked.slots[name]
    leased: list[asyncpg.Record] = []
    for _ in range(LOOKS):
        found = await session.rows("due_in_order", name, at, LOOK)
        turn = [row["delivery_id"] for row in found if row["next"]][: slots - len(leased)]
        if turn:
            leased += await session.rows("lease_these", turn, at, asked.leases[name], asked.owner)
        held = [row["delivery_id"] for row in found if not row["next"]]
        if held:
            await session.count("hold_these", held)
            await session.count("free_first", held)
        if len(leased) == slots or len(found) < LOOK:
            break
    return leased


async def expired(session: Session, now: int, limit: int) -> list[Claimed]:
    """Deliveries whose lease ran out."""
    return await whole(session, await session.rows("expired", session.at(now), limit))


async def whole(session: Session, leased: Sequence[asyncpg.Record]) -> list[Claimed]:
    """Leased deliveries with their events, by due time, then arrival."""
    if not leased:
        return []
    ids = list({row["event_id"] for row in leased})
    events = {row["event_id"]: row for row in await session.rows("events_of", ids)}
    ordered = sorted(leased, key=lambda row: (row["due_at"], row["seq"]))
    joined = [{**row, **events[row["event_id"]]} for row in ordered if row["event_id"] in events]
    return await with_waits(session, [rows.claimed(row) for row in joined])
