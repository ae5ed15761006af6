"""One connection to PostgreSQL, spoken to in named statements."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Literal

import asyncpg

from gateway.store.errors import StoreRefused
from gateway.store.postgres.errors import address
from gateway.store.statements import load

OLDEST = 13
"""The first PostgreSQL release that the gateway works with: all that were supported when it was written."""

WITHIN = 5.0
"""Seconds in which a server has to answer, so that a request is refused in time instead of hanging."""

Clock = Literal["database", "caller"]
"""Whose time leases and due deliveries go by. The caller's is for tests: nodes' clocks differ."""

FILES = (
    "writes",
    "deliveries",
    "reads",
    "retention",
    "schema",
    "import",
    "watch",
    "health",
    "flow",
    "waits",
    "event_types",
    "audit",
    "tail",
    "rates",
    "encryption",
    "searching",
    "windows",
    "steps",
)

SQL = {
    name: statement
    for file in FILES
    for name, statement in load("gateway.store.postgres", f"{file}.sql").items()
}


def earlier(one: int | None, other: int | None) -> int | None:
    """The earlier of two times, where None is none."""
    return min((at for at in (one, other) if at is not None), default=None)


class Session:
    """A connection. `woken` are the subscriptions that the transaction under way gives deliveries.

    Beside each is the earliest time that one of them was due at (Unix ms), None where that is about now.
    """

    def __init__(self, db: asyncpg.Connection, clock: Clock) -> None:
        self._db = db
        self.clock = clock
        self.woken: dict[str, int | None] = {}

    @classmethod
    async def open(cls, url: str, clock: Clock = "database") -> Session:
        """Connect. Raises StoreRefused where the server is too old, and what asyncpg raises."""
        db = await asyncpg.connect(url, timeout=WITHIN, server_settings={"application_name": "gateway"})
        release = db.get_server_version()
        if release.major < OLDEST:
            db.terminate()
            found = f"{address(url)} is release {release.major}"
            raise StoreRefused(f"{found}, which is too old; the gateway needs {OLDEST} or newer")
        return cls(db, clock)

    @property
    def lost(self) -> bool:
        """Whether there is no connection any more."""
        return bool(self._db.is_closed())

    def at(self, now: int) -> int | None:
        """`now` (Unix ms) where the caller's clock counts; None makes a statement ask the database's."""
        return now if self.clock == "caller" else None

    def wake(self, subscription: str, due_at: int | None = None) -> None:
        """Note that the transaction gives `subscription` a delivery that is due at `due_at`."""
        self.woken[subscription] = earlier(self.woken.get(subscription), due_at)

    async def rows(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """Run a statement for the rows it gives."""
        return list(await self._db.fetch(SQL[statement], *values))

    async def value(self, statement: str, *values: object) -> Any:
        """Run a statement for the one value it gives."""
        return await self._db.fetchval(SQL[statement], *values)

    async def count(self, statement: str, *values: object) -> int:
        """Run a statement for the number of rows it writes."""
        return int((await self._db.execute(SQL[statement], *values)).rpartition(" ")[2])

    async def run_named(self, statement: str) -> None:
        """Run a statement that neither takes values nor gives any."""
        await self._db.execute(SQL[statement])

    async def run(self, sql: str) -> None:
        """Run a text of statements without values: a migration's."""
        await self._db.execute(sql)

    @contextlib.asynccontextmanager
    async def transaction(self, begin: str = "begin") -> AsyncIterator[None]:
        """Everything or nothing, on disk at the end. A transaction whose end is unclear raises."""
        self.woken = {}
        try:
            await self._db.execute(SQL[begin])
            yield
            ended = await self._db.execute("COMMIT")
        except Exception:
            await self._roll_back()
            raise
        except BaseException:
            self.terminate()
            raise
        if ended != "COMMIT":
            raise asyncpg.InterfaceError("the transaction was undone at its end")

    async def _roll_back(self) -> None:
        try:
            async with asyncio.timeout(WITHIN):
                await self._db.execute("ROLLBACK")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self.terminate()

    def terminate(self) -> None:
        """Give the connection up at once."""
        self._db.terminate()

    async def close(self) -> None:
        """Say goodbye, briefly."""
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await self._db.close(timeout=WITHIN)

    async def listen(self, channel: str, heard: Any, ended: Any) -> None:
        """Have `heard` called with what is notified on `channel`, `ended` once the connection ends."""
        self._db.add_termination_listener(lambda _: ended())
        await self._db.add_listener(channel, lambda *said: heard(said[-1]))
