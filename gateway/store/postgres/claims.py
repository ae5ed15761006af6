"""Claiming: lease what is due, and find it at the same cost however much has been claimed before."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from gateway.store import rows
from gateway.store.claim import AGAIN, FIRST, LOOK, LOOKS, Claim
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
    """For each lane of a subscription the due time below which nothing is left to claim, as this node knows.

    A claimed delivery stays in the index of due ones until vacuum has been there, and while an old
    transaction lasts (a backup) vacuum can't: without a floor every claim would walk over all of them. What
    is made with a due time in the past lowers it.
    """

    def __init__(self) -> None:
        self._floors: dict[tuple[str, int], _Floor] = {}

    def of(self, subscription: str, lane: int = FIRST) -> int:
        """Where to start; 0 the first time and every SWEEP seconds."""
        now = time.monotonic()
        floor = self._floors.setdefault((subscription, lane), _Floor(0, now))
        if now - floor.swept_at >= SWEEP:
            floor.due_at, floor.swept_at = 0, now
        if floor.lowered is not None:
            floor.due_at, floor.lowered = min(floor.due_at, floor.lowered), None
        return floor.due_at

    def lower(self, woken: Mapping[str, int | None]) -> None:
        """New deliveries are due at these times (Unix ms) at the earliest: the next claim starts there."""
        for (name, _), floor in self._floors.items():
            if (due_at := woken.get(name)) is not None:
                floor.lowered = earlier(floor.lowered, due_at)

    def forget(self, subscriptions: Iterable[str]) -> None:
        """A claim was undone: what it took is there again."""
        for name in subscriptions:
            for lane in (FIRST, AGAIN):
                self._floors.pop((name, lane), None)

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

    async def claim_in_order(self, session: Session, claims: Sequence[Claim]) -> list[ClaimResult]:
        """The same, as an operation of its own: what waits for another node's order holds up nothing else."""
        return await self.claim(session, claims)

    def learn(self, subscription: str, claimed_up_to: int, now: int, lane: int = FIRST) -> None:
        """All that was due at `claimed_up_to` or before has been claimed by `now` (the store's Unix ms)."""
        if floor := self._floors.get((subscription, lane)):
            floor.due_at = max(0, min(claimed_up_to, now - SLACK))

    def low(self, asked: Claim, lane: int, whole: bool) -> list[int]:
        """Where each subscription of a claim starts: at the beginning with `whole`, in order, by priority."""
        from_start = asked.slots if whole else {*asked.ordered, *asked.prioritized}
        return [0 if name in from_start else self.of(name, lane) for name in asked.slots]


def together(asked: Sequence[Claim], found: Sequence[ClaimResult | BaseException]) -> ClaimResult:
    """What each claim found, as one result. Who has leased something must hear of it, whatever became of the
    others: those are due in SLACK. Raises the first error where nothing was leased."""
    results = [one for one in found if not isinstance(one, BaseException)]
    errors = [one for one in found if isinstance(one, BaseException)]
    claimed = [delivery for result in results for delivery in result.claimed]
    if errors and not claimed:
        raise errors[0]
    next_due: dict[str, int] = {}
    for part, one in zip(asked, found, strict=True):
        if isinstance(one, BaseException):
            next_due |= dict.fromkeys(part.slots, part.now + SLACK)
        else:
            next_due |= one.next_due
    return ClaimResult(claimed, next_due)


async def _claim(session: Session, floors: Floors, asked: Claim) -> ClaimResult:
    names = list(asked.slots)
    at = session.at(asked.now)
    first, again = (floors.low(asked, lane, whole=at is not None) for lane in (FIRST, AGAIN))
    slots = [0 if name in asked.ordered else asked.slots[name] for name in names]
    retries = [0 if name in asked.ordered else asked.most_retries(name) for name in names]
    leases = [asked.leases[name] for name in names]
    reach = [asked.reach(name) for name in names]
    leased = await session.rows("claim", names, slots, leases, first, at, asked.owner, retries, again, reach)
    for name in (name for name in names if name in asked.ordered):
        leased += await _claim_both_in_order(session, asked, name)
    taken = {name: _Taken.of(asked, name, leased) for name in names}
    more = [not taken[name].all_retries for name in names]
    open_ones = await session.rows("next_due", names, first, at, again, more)
    claimed = await whole(session, leased)
    next_due = {}
    for row in open_ones:
        name = row["subscription"]
        taken[name].teach(floors, name, row["now"])
        if taken[name].all_slots:
            next_due[name] = asked.now
        elif row["due_at"] is not None:
            next_due[name] = asked.now + row["due_at"] - row["now"]
    return ClaimResult(claimed, next_due)


@dataclass(frozen=True, slots=True)
class _Taken:
    """When the deliveries of a subscription were due that a claim took, by lane, and what it was out for."""

    again: list[int]
    first: list[int]
    retries: int
    slots: int

    @classmethod
    def of(cls, asked: Claim, name: str, leased: Iterable[asyncpg.Record]) -> _Taken:
        mine = [row for row in leased if row["subscription"] == name]
        again = [row["due_at"] for row in mine if row["retries"] > 0]
        first = [row["due_at"] for row in mine if row["retries"] == 0]
        return cls(again, first, asked.most_retries(name), asked.slots[name])

    @property
    def all_slots(self) -> bool:
        return len(self.again) + len(self.first) == self.slots

    @property
    def all_retries(self) -> bool:
        """Whether no more retries may be taken."""
        return len(self.again) == self.retries

    def teach(self, floors: Floors, name: str, now: int) -> None:
        """Up to where each lane is empty: to its last where it was cut short, else to `now`."""
        lanes = {AGAIN: (self.again, self.all_retries), FIRST: (self.first, self.all_slots)}
        for lane, (due, cut) in lanes.items():
            if due or not cut:
                floors.learn(name, max(due) if cut else now, now, lane)


async def _claim_both_in_order(session: Session, asked: Claim, name: str) -> list[asyncpg.Record]:
    again = await _claim_in_order(session, asked, name, asked.most_retries(name), AGAIN)
    return again + await _claim_in_order(session, asked, name, asked.slots[name] - len(again), FIRST)


async def _claim_in_order(
    session: Session, asked: Claim, name: str, slots: int, lane: int
) -> list[asyncpg.Record]:
    """Lease those whose turn it is. What is found behind another of its key is held, and not found again."""
    at = session.at(asked.now)
    leased: list[asyncpg.Record] = []
    for _ in range(LOOKS if slots else 0):
        found = await session.rows("due_in_order", name, at, LOOK, lane, asked.reach(name))
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
    """Deliveries with their events, by due time and priority, then arrival."""
    if not leased:
        return []
    ids = list({row["event_id"] for row in leased})
    events = {row["event_id"]: row for row in await session.rows("events_of", ids)}
    ordered = sorted(leased, key=lambda row: (row["due_at"] - row.get("priority", 0), row["seq"]))
    joined = [{**row, **events[row["event_id"]]} for row in ordered if row["event_id"] in events]
    return await with_waits(session, [rows.claimed(row) for row in joined])
