"""A partition a day for events and all that belongs to them, by the time in their ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.event import first_id, made_at
from gateway.store.postgres.session import Session

DAY = 86_400_000
"""ms."""

AHEAD = 7
"""Days for which partitions are made before their time: so long may the housekeeper be away unnoticed."""

MOMENT = 10
"""Characters of an id that say when it was made."""


@dataclass(frozen=True, slots=True, order=True)
class Day:
    """A day in UTC, by its number since 1970."""

    number: int

    @classmethod
    def of(cls, ms: int) -> Day:
        """The day of a time (Unix ms)."""
        return cls(ms // DAY)

    @classmethod
    def named(cls, name: str) -> Day:
        """The day of a partition's name: 20270115."""
        return cls.of(round(datetime.strptime(name, "%Y%m%d").replace(tzinfo=UTC).timestamp() * 1000))

    @property
    def name(self) -> str:
        """How its partitions' names end."""
        return datetime.fromtimestamp(self.number * DAY / 1000, UTC).strftime("%Y%m%d")

    @property
    def low(self) -> str:
        """The first moment of the day; ids made in it are not below."""
        return first_id(self.number * DAY)[:MOMENT]

    @property
    def high(self) -> str:
        """The first moment of the next day; ids made in the day are below."""
        return Day(self.number + 1).low


async def add_day(session: Session, day: Day) -> None:
    """Make the partitions of a day where they are missing; several nodes may do so at once."""
    await session.value("add_day", day.name, day.low, day.high)


async def add_day_of(session: Session, moment: str | None) -> bool:
    """Make the partitions for ids that begin with `moment`, in a transaction of its own. False: no moment."""
    made = made_at(moment.ljust(26, "0")) if moment is not None else None
    if made is None:
        return False
    async with session.transaction("begin"):
        await add_day(session, Day.of(made))
    return True


async def add_days_ahead(session: Session, now: int) -> None:
    """Make the partitions of today and the days to come, by `now` (Unix ms)."""
    today = Day.of(now)
    existing = set(await days(session))
    for number in range(today.number, today.number + AHEAD + 1):
        if Day(number) not in existing:
            await add_day(session, Day(number))


async def days(session: Session) -> list[Day]:
    """The days that have partitions, the oldest first."""
    return [Day.named(row[0]) for row in await session.rows("days")]
