"""Which driver for PostgreSQL: psycopg or asyncpg. Run: python -m bench.drivers (needs the test extra).

Both store the same groups of webhooks and claim and settle the same deliveries, one connection each, on a
server of their own whose commits reach the disk. The processor time is the client's: the gateway shares its
cores with everything else it does. The statements are spelt in this file alone, for the store has its own.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import orjson
import psycopg
import uvloop

from bench.webhooks import body
from tests.postgres import Server

GROUP = 100
COLUMNS = ("event_id", "id", "name", "source", "ts", "received_at", "headers", "digest", "data")
TYPES = ("text", "text", "text", "text", "bigint", "bigint", "text", "bytea", "text")
HEADERS = orjson.dumps([["user-agent", "Stripe/1.0"], ["content-type", "application/json"]] * 4).decode()

TABLES = """
CREATE TABLE IF NOT EXISTS events (
    event_id text PRIMARY KEY, id text, name text, source text, ts bigint, received_at bigint, headers text,
    digest bytea, data text
);
CREATE TABLE IF NOT EXISTS deliveries (
    id bigint PRIMARY KEY, event_id text, due_at bigint, leased_until bigint, attempts int NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at) WHERE leased_until IS NULL;
TRUNCATE events, deliveries;
"""
DUE = """
INSERT INTO deliveries (id, event_id, due_at) SELECT n, n::text, n FROM generate_series(1, {count}) AS n
"""

LIST = ", ".join(COLUMNS)
DEFINED = ", ".join(f"{name} {kind}" for name, kind in zip(COLUMNS, TYPES, strict=True))
NUMBERED = [f"${n}" for n in range(1, len(COLUMNS) + 1)]
PLACES = ["%s"] * len(COLUMNS)

CLAIM = """
UPDATE deliveries SET attempts = attempts + 1, leased_until = 1
WHERE id = ANY (ARRAY(SELECT id FROM deliveries WHERE leased_until IS NULL AND due_at <= {now}
                      ORDER BY due_at LIMIT {slots} FOR UPDATE SKIP LOCKED))
RETURNING id, event_id, attempts, due_at
"""
SETTLE = """
DELETE FROM deliveries AS d USING unnest({ids}::bigint[], {numbers}::int[]) AS s (id, number)
WHERE d.id = s.id AND d.attempts = s.number RETURNING d.id
"""

Row = tuple[Any, ...]
Store = Callable[[Any, Sequence[Row]], Awaitable[None]]


def unnest(places: Sequence[str]) -> str:
    """Insert from one array a column."""
    arrays = ", ".join(f"{place}::{kind}[]" for place, kind in zip(places, TYPES, strict=True))
    return f"INSERT INTO events ({LIST}) SELECT * FROM unnest({arrays})"


def values(places: Sequence[str], rows: int = 1) -> str:
    """Insert one list of values a row."""
    row = ", ".join(places)
    return f"INSERT INTO events ({LIST}) VALUES " + ", ".join([f"({row})"] * rows)


UNNEST, UNNEST_NUMBERED = unnest(PLACES), unnest(NUMBERED)
VALUES, VALUES_NUMBERED = values(PLACES), values(NUMBERED)
MULTI = values(PLACES, GROUP)
WIDTH = len(COLUMNS)
MULTI_NUMBERED = f"INSERT INTO events ({LIST}) VALUES " + ", ".join(
    "(" + ", ".join(f"${row * WIDTH + n + 1}" for n in range(WIDTH)) + ")" for row in range(GROUP)
)
RECORDS = f"INSERT INTO events ({LIST}) SELECT * FROM jsonb_to_recordset({{place}}::jsonb) AS r ({DEFINED})"


def columns(rows: Sequence[Row]) -> list[list[Any]]:
    """The rows turned on their side."""
    return [list(column) for column in zip(*rows, strict=True)]


def as_json(rows: Sequence[Row]) -> bytes:
    """The rows as objects; a digest in the server's hex notation."""
    named = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    return orjson.dumps([one | {"digest": "\\x" + one["digest"].hex()} for one in named])


async def psycopg_unnest(db: Any, rows: Sequence[Row]) -> None:
    async with db.pipeline(), db.transaction():
        await db.execute(UNNEST, columns(rows), binary=True)


async def psycopg_multi_row(db: Any, rows: Sequence[Row]) -> None:
    async with db.pipeline(), db.transaction():
        await db.execute(MULTI, [value for row in rows for value in row])


async def psycopg_each_row(db: Any, rows: Sequence[Row]) -> None:
    async with db.pipeline(), db.transaction(), db.cursor() as cursor:
        await cursor.executemany(VALUES, rows)


async def psycopg_json(db: Any, rows: Sequence[Row]) -> None:
    async with db.pipeline(), db.transaction():
        await db.execute(RECORDS.format(place="%s"), [as_json(rows).decode()])


async def psycopg_copy(db: Any, rows: Sequence[Row]) -> None:
    command = f"COPY events ({LIST}) FROM STDIN (FORMAT binary)"
    async with db.transaction(), db.cursor() as cursor, cursor.copy(command) as copy:
        copy.set_types(TYPES)
        for row in rows:
            await copy.write_row(row)


async def asyncpg_unnest(db: Any, rows: Sequence[Row]) -> None:
    async with db.transaction():
        await db.execute(UNNEST_NUMBERED, *columns(rows))


async def asyncpg_multi_row(db: Any, rows: Sequence[Row]) -> None:
    async with db.transaction():
        await db.execute(MULTI_NUMBERED, *[value for row in rows for value in row])


async def asyncpg_each_row(db: Any, rows: Sequence[Row]) -> None:
    async with db.transaction():
        await db.executemany(VALUES_NUMBERED, rows)


async def asyncpg_json(db: Any, rows: Sequence[Row]) -> None:
    async with db.transaction():
        await db.execute(RECORDS.format(place="$1"), as_json(rows).decode())


async def asyncpg_copy(db: Any, rows: Sequence[Row]) -> None:
    async with db.transaction():
        await db.copy_records_to_table("events", records=rows, columns=COLUMNS)


async def psycopg_work(db: Any, slots: int) -> int:
    async with db.pipeline(), db.transaction():
        cursor = await db.execute(CLAIM.format(now="%s", slots="%s"), [10**9, slots])
        claimed = await cursor.fetchall()
    async with db.pipeline(), db.transaction():
        pairs = [[row[0] for row in claimed], [row[2] for row in claimed]]
        cursor = await db.execute(SETTLE.format(ids="%s", numbers="%s"), pairs)
        return len(await cursor.fetchall())


async def asyncpg_work(db: Any, slots: int) -> int:
    async with db.transaction():
        claimed = await db.fetch(CLAIM.format(now="$1", slots="$2"), 10**9, slots)
    async with db.transaction():
        pairs = [[row[0] for row in claimed], [row[2] for row in claimed]]
        return len(await db.fetch(SETTLE.format(ids="$1", numbers="$2"), *pairs))


STORES: dict[str, tuple[Store, Store]] = {
    "unnest": (psycopg_unnest, asyncpg_unnest),
    "multi-row VALUES": (psycopg_multi_row, asyncpg_multi_row),
    "executemany": (psycopg_each_row, asyncpg_each_row),
    "JSON recordset": (psycopg_json, asyncpg_json),
    "binary COPY": (psycopg_copy, asyncpg_copy),
}


def groups(count: int) -> list[list[Row]]:
    """`count` groups of GROUP webhooks each, prepared before the clock starts."""
    made = []
    for group in range(count):
        numbers = range(group * GROUP, (group + 1) * GROUP)
        made.append([row(number) for number in numbers])
    return made


def row(number: int) -> Row:
    """One webhook as a row of `events`."""
    data = body(number, 1_800_000_000).decode()
    text = f"{number:026d}"
    name = "stripe/customer.created"
    return (text, f"evt_{text}", name, "stripe", number, number, HEADERS, bytes(32), data)


async def timed(name: str, driver: str, count: int, work: Awaitable[None]) -> None:
    """Print how long `work` on `count` things took, and what it cost the client."""
    wall, processor = time.perf_counter(), time.process_time()
    await work
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"{name:18} {driver:9} {count / wall:10,.0f}/s {processor / count * 1e6:8.1f} µs", flush=True)


async def storing(db: Any, store: Store, prepared: Sequence[Sequence[Row]]) -> None:
    for rows in prepared:
        await store(db, rows)


async def working(db: Any, work: Callable[[Any, int], Awaitable[int]]) -> None:
    while await work(db, GROUP // 4):
        pass


async def measure(url: str, rounds: int) -> None:
    """Every way to store a group with both drivers, then claiming and settling."""
    first = await psycopg.AsyncConnection.connect(url, autocommit=True, prepare_threshold=0)
    first.prepare_threshold = None
    second = await asyncpg.connect(url)
    prepared = groups(rounds)
    print(f"{'stored':18} {'driver':9} {'webhooks':>12} {'processor':>11}")
    for name, pair in STORES.items():
        for driver, db, store in zip(("psycopg", "asyncpg"), (first, second), pair, strict=True):
            await first.execute(TABLES)
            await timed(name, driver, rounds * GROUP, storing(db, store, prepared))
    for driver, db, work in (("psycopg", first, psycopg_work), ("asyncpg", second, asyncpg_work)):
        await first.execute(TABLES)
        await first.execute(DUE.format(count=rounds * GROUP))
        await timed("claim and settle", driver, rounds * GROUP, working(db, work))
    await first.close()
    await second.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    server = Server(settings=())
    try:
        uvloop.run(measure(server.url(), parser.parse_args().rounds))
    finally:
        server.remove()


if __name__ == "__main__":
    main()
