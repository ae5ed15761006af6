"""Delivering into a table of PostgreSQL: one row for every event, committed before the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import asyncpg

from gateway.config import Subscription
from gateway.config.destinations.postgres import KEY, Postgres
from gateway.config.section import without_credentials
from gateway.destinations.attempt import Refused, answered, failure
from gateway.destinations.contract import Answer
from gateway.event import Event
from gateway.store.records import Claimed

INSERT = "insert into {table} ({columns}) values ({values}) on conflict ({key}) do nothing"
"""The one statement, filled once for each destination.

Only names go into it, which the config has held to letters, digits and _: quoted, they can be nothing but
names. The values are parameters. psycopg.sql would do the same, for one more package.
"""

IDLE = 60.0
"""Seconds that an unused connection is kept."""

CLOSING = 2.0
"""Seconds that the connections have to close in good order."""

_TYPES = "make event_id, id, name, source and v text, data jsonb, ts and received_at timestamptz"
_ACCESS = "correct user and password in url, or what pg_hba.conf lets in"

_WAYS_OUT: Mapping[str, str] = {
    "22000": _TYPES,  # what asyncpg says of a value that does not go into the column's type
    "22P05": "PostgreSQL's jsonb holds no \\u0000; make the column json",
    "25006": "url leads to a server that only reads; name the primary",
    "28000": _ACCESS,
    "28P01": _ACCESS,
    "3D000": "create the database, or correct url",
    "42501": "grant insert on the table, and usage on its schema",
    "42703": "add the column, or correct columns",
    "42804": _TYPES,
    "42P01": "create the table, or correct table",
    "42P10": f"put a unique index on the column of {KEY}",
    "53300": "lower connections, or raise max_connections of the server",
}
"""What helps, by PostgreSQL's own code.

https://www.postgresql.org/docs/18/errcodes-appendix.html, seen 2026-11-24.
"""


class PostgresDestination:
    """One table. A success tells whether a row was added, or was there already."""

    def __init__(self, subscription: Subscription) -> None:
        section = subscription.destination
        assert isinstance(section, Postgres)
        self._section = section
        self._fields = tuple(section.columns)
        self._statement = _statement(section)
        self._pool: Any = None
        self._opening = asyncio.Lock()

    async def deliver(self, claimed: Claimed, now: float) -> Answer:
        """Insert one row, if it is not there. PostgreSQL answers when the transaction is committed."""
        return await answered(self._section.timeout, self._inserted(claimed.event))

    async def close_unused(self) -> None:
        """The pool closes idle connections itself."""

    async def close(self) -> None:
        """Close the connections."""
        pool, self._pool = self._pool, None
        if pool is not None:
            with suppress(TimeoutError):  # it has then broken off what did not close
                await asyncio.wait_for(pool.close(), CLOSING)

    async def _inserted(self, event: Event) -> dict[str, str]:
        values = [_value(event, field) for field in self._fields]
        try:
            told = await self._execute(values)
        except asyncpg.PostgresError as error:
            raise self._refused(error) from None
        except (asyncpg.InterfaceError, OSError, ValueError) as error:
            raise Refused(self._shown(failure(error))) from None
        return {"table": self._section.table, "row": "added" if told.endswith(" 1") else "was there"}

    async def _execute(self, values: list[Any]) -> str:
        pool = await self._opened()
        connection = await pool.acquire()
        try:
            return str(await connection.execute(self._statement, *values))
        except asyncpg.PostgresError:
            raise
        except BaseException:  # given up on: whether it is still good, only waiting would tell
            connection.terminate()
            raise
        finally:
            await pool.release(connection)

    async def _opened(self) -> Any:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._section.url.get_secret_value(),
                    password=self._section.password and self._section.password.get_secret_value(),
                    min_size=0,
                    max_size=self._section.connections,
                    max_inactive_connection_lifetime=IDLE,
                    timeout=self._section.timeout,
                    reset=_as_it_is,
                    server_settings={"application_name": "webhook-gateway"},
                )
            return self._pool

    def _refused(self, error: Any) -> Refused:
        said = self._shown(failure(error))
        way_out = _WAYS_OUT.get(error.sqlstate or "")
        return Refused(f"{said}; {way_out}" if way_out else said)

    def _shown(self, text: str) -> str:
        """A library may repeat what it was given."""
        url = self._section.url
        return text.replace(url.get_secret_value(), without_credentials(url))


def _statement(section: Postgres) -> str:
    columns = section.columns
    return INSERT.format(
        table=".".join(map(_quoted, section.table.split("."))),
        columns=", ".join(map(_quoted, columns.values())),
        values=", ".join(f"${number}" for number in range(1, len(columns) + 1)),
        key=_quoted(columns[KEY]),
    )


def _quoted(name: str) -> str:
    return f'"{name}"'


def _value(event: Event, field: str) -> Any:
    value = getattr(event, field)
    return datetime.fromtimestamp(value / 1000, UTC) if field in ("ts", "received_at") else value


async def _as_it_is(_: Any) -> None:
    """No settings were changed that a RESET would have to undo: that saves a round trip."""
