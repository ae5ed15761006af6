"""What goes when: whole days at once, the rest in small deletes, so that ingest never waits long.

One node at a time keeps house. Each step is a short transaction that gives up where another node is at it,
or where it would have to wait for a lock: the next round does it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import asyncpg

from gateway.event import first_id
from gateway.store.errors import StoreUnavailable
from gateway.store.postgres.columns import columns
from gateway.store.postgres.days import Day, add_days_ahead, days
from gateway.store.postgres.pool import Pool
from gateway.store.postgres.session import Session
from gateway.store.retention import Purged, Retention

LEAVES = ("attempts", "deliveries_finished", "requests", "verdicts")
"""What goes before a day's events: as long as these are there, the next round finds the day and goes on."""

STEPS = 20
"""Steps that may go for each event that may: they are small, and a run can have many."""

log = logging.getLogger("gateway.store.postgres")


async def purge(pool: Pool, retention: Retention, limit: int) -> Purged:
    """Remove whole days of events and up to `limit` rows of each other kind that retention lets go."""
    async with pool.transaction("begin") as session:
        if not await session.value("elected"):
            return Purged()
        await add_days_ahead(session, await session.value("now"))
        purged = await _purge_rows(session, retention, limit)
        over = [day for day in await days(session) if day < Day.of(retention.events_before)]
    events = 0
    for day in over:
        gone = await _purge_day(pool, day, limit - events)
        events += gone or 0
        if gone is None or events >= limit:
            break
    return replace(purged, events=events)


async def purgeable(session: Session, retention: Retention) -> Purged:
    """How much of what is there now may go; the events of a day that is not over yet are counted too."""
    asked = (
        first_id(retention.events_before),
        retention.duplicates_before,
        retention.rejections_before,
        session.at(retention.now),
    )
    [counts] = await session.rows("purgeable", *asked)
    return Purged(*counts)


async def _purge_rows(session: Session, retention: Retention, limit: int) -> Purged:
    await session.count("delete_old_steps", first_id(retention.events_before), limit * STEPS)
    return Purged(
        duplicates=await session.count("delete_old_duplicates", retention.duplicates_before, limit),
        rejections=await session.count("delete_old_rejections", retention.rejections_before, limit),
        keys=await session.count("delete_ended_keys", session.at(retention.now), limit),
        windows=await session.count("delete_ended_windows", session.at(retention.now), limit),
    )


async def _purge_day(pool: Pool, day: Day, limit: int) -> int | None:
    """Drop a day, or, where a pending delivery keeps it, delete up to `limit` of its other events.

    Returns how many went; None where somebody is at work there: then the other days can wait as well.
    """
    async with pool.transaction("begin") as session:
        if not await session.value("elected"):
            return None
        if await session.value("day_is_pending", day.low, day.high):
            found = await session.rows("purgeable_events", day.low, day.high, limit)
            return await _delete_events(session, [row["event_id"] for row in found])
        count: int = await session.value("count_day", day.name)
        await session.count("delete_waits_of_day", day.low, day.high)
    for table in (*LEAVES, "events"):
        if not await _drop(pool, table, day):
            return None
    return count


async def _drop(pool: Pool, table: str, day: Day) -> bool:
    """Drop one partition of a day. False where somebody is at work there for long, or has come back to it."""
    try:
        async with pool.transaction("begin") as session:
            await session.run_named("hurry")
            if not await session.value("elected"):
                return False
            if table == "events":  # a replay that was faster keeps its event, a later one finds it gone
                await session.run_named("lock_events")
                if await session.value("day_is_pending", day.low, day.high):
                    return False
            await session.value("drop_day", table, day.name)
    except StoreUnavailable as error:
        if not isinstance(error.__cause__, asyncpg.LockNotAvailableError):
            raise
        log.info("the partition %s_%s is in use; it is dropped later", table, day.name)
        return False
    return True


async def erase(session: Session, event_ids: Sequence[str]) -> list[bool]:
    """Remove single events with all that belongs to them, duplicates included; their keys stay.

    The system events of their deliveries hold them whole, so these go too.
    """
    return [await _erase(session, event_id) for event_id in event_ids]


async def _erase(session: Session, event_id: str) -> bool:
    told = [row["event_id"] for row in await session.rows("told_of", event_id)]
    await session.count("delete_duplicates_of", [event_id])
    await _delete_events(session, told)
    return await _delete_events(session, [event_id]) == 1


async def _delete_events(session: Session, event_ids: Sequence[str]) -> int:
    if not event_ids:
        return 0
    requests = await session.rows("request_ids_of", event_ids)
    await session.count("delete_attempts_of", event_ids)
    await session.count("delete_deliveries_of", event_ids)
    await session.count("delete_verdicts_of", event_ids)
    await session.count("delete_steps_of", event_ids)
    await session.count("delete_waits_of", event_ids)
    deleted = await session.count("delete_events", event_ids)
    if requests:
        await session.count("delete_unused_requests", *columns([tuple(row) for row in requests]))
    return deleted
