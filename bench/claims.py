"""What a claim costs where little and where very much waits, a part of `make bench-postgres`.

    python -m bench.claims --waiting 10000 1000000 10000000

Each number of waiting deliveries has a database of its own on one PostgreSQL, and they are claimed from in
turn: whatever else the machine does meets all of them. The first claims of each are not counted: they write
pages whole that were not written since the last checkpoint. What the very first one costs, with nothing in
memory, is told apart.

Deliveries are due as they came, or scattered: in quite another order, as after an outage in which each of
them was tried some times.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from gateway.event import first_id
from gateway.store.postgres import PostgresStore
from tests.postgres import PASSWORD, Databases, Server

SETTINGS = ("shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=30min", "max_connections=50")
SIZES = (10_000, 1_000_000, 10_000_000)
SLOTS, FIRST, ROUNDS = 100, 10, 60
"""Deliveries in a claim; claims of each size that are not counted, and that are."""

STEPS = {"as they came": 1, "scattered": 7_919_009}
"""How far in time the next one is from the one that came before it, modulo how many there are."""

FILL = """
INSERT INTO deliveries_pending (delivery_id, event_id, subscription, due_at, created_at)
SELECT %(at)s || lpad(to_hex(n / 8), 8, '0') || upper(left(md5('d' || n), 8)),
       %(at)s || lpad(to_hex(n / 8), 8, '0') || upper(left(md5('e' || n), 8)),
       'app', %(now)s - %(count)s + n * %(step)s %% %(count)s, %(now)s
FROM generate_series(0, %(count)s::bigint - 1) AS n
"""
"""Ids as the gateway makes them: they rise with time, eight to a millisecond in any order."""

EVENTS = """
INSERT INTO events (event_id, id, name, source, ts, received_at, data)
SELECT event_id, event_id, 'stripe/customer.created', 'stripe', %(now)s, %(now)s, repeat('x', 1800)
FROM deliveries_pending
WHERE subscription = 'app' AND leased_until IS NULL AND due_at < %(now)s - %(count)s + %(claimed)s
"""
BLOCKS = """
SELECT heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit
FROM pg_statio_user_tables WHERE relname = 'deliveries_pending'
"""
WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
FILES = """
SELECT current_setting('data_directory') || '/' || pg_relation_filepath(c.oid) FROM pg_class AS c
WHERE c.relkind IN ('r', 'i') AND c.oid > 16384
"""


@dataclass(frozen=True)
class Cost:
    """Of one claim: median ms and WAL bytes, blocks that were looked at, ms with nothing in memory."""

    ms: float
    wal: int
    blocks: int
    cold_ms: float


def costs(sizes: Sequence[int] = SIZES, step: int = 1) -> dict[int, Cost]:
    """What a claim costs for each number of deliveries that wait."""
    server = Server(SETTINGS)
    try:
        databases = Databases(f"postgresql://postgres:{PASSWORD}@127.0.0.1:{server.port}/postgres")
        urls = {size: databases.ready() for size in sizes}
        now = round(time.time() * 1000)
        for size, url in urls.items():
            fill(url, {"count": size, "step": step, "now": now, "at": first_id(now)[:10]})
        warm = asyncio.run(_in_turn(urls, now))
        files = [file for url in urls.values() for file in _files(url)]
        server.stop()
        for file in files:
            forget(file)
        server.start()
        cold = {size: asyncio.run(_cold(url, now)) for size, url in urls.items()}
        return {size: Cost(*warm[size], cold[size]) for size in sizes}
    finally:
        server.remove()


def fill(url: str, asked: Mapping[str, object]) -> None:
    """So many deliveries that are due, fresh statistics, and the events of those that will be claimed."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(FILL, asked)
        db.execute("VACUUM ANALYZE deliveries_pending")
        db.execute(EVENTS, {**asked, "claimed": SLOTS * (FIRST + ROUNDS + 1)})
        db.execute("VACUUM ANALYZE events")
        db.execute("CHECKPOINT")


def forget(file: Path) -> None:
    """Let the system keep nothing of a file in memory."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


async def _in_turn(urls: Mapping[int, str], now: int) -> dict[int, tuple[float, int, int]]:
    stores = {size: await PostgresStore.open(url, connections=2) for size, url in urls.items()}
    before = {size: _number(url, BLOCKS) for size, url in urls.items()}
    seen: dict[int, list[tuple[float, int]]] = {size: [] for size in urls}
    for _ in range(FIRST + ROUNDS):
        for size, store in stores.items():
            start = _number(urls[size], WAL)
            taken = await _claim(store, now)
            seen[size].append((taken, _number(urls[size], WAL) - start))
    for store in stores.values():
        await store.close()
    found = {}
    for size, all_of_it in seen.items():
        times, wal = zip(*all_of_it[FIRST:], strict=True)
        blocks = (_number(urls[size], BLOCKS) - before[size]) // (FIRST + ROUNDS)
        found[size] = (statistics.median(times), round(statistics.median(wal)), blocks)
    return found


async def _cold(url: str, now: int) -> float:
    """ms of the first claim; what a connection learns about tables it has learned before."""
    store = await PostgresStore.open(url, connections=2)
    await store.claim({"nobody": 1}, {"nobody": 1}, now, "bench")
    taken = await _claim(store, now)
    await store.close()
    return taken


async def _claim(store: PostgresStore, now: int) -> float:
    began = time.perf_counter()
    got = await store.claim({"app": SLOTS}, {"app": 600_000}, now, "bench")
    taken = 1000 * (time.perf_counter() - began)
    assert len(got.claimed) == SLOTS, f"{len(got.claimed)} claimed"
    return taken


def _number(url: str, sql: str) -> int:
    with psycopg.connect(url, autocommit=True) as db:
        [value] = db.execute(sql).fetchone() or [0]
        return int(value)


def _files(url: str) -> list[Path]:
    """The files of all tables and indexes, with what is beyond their first GiB."""
    with psycopg.connect(url) as db:
        firsts = [Path(row[0]) for row in db.execute(FILES).fetchall()]
    return [
        file for first in firsts for file in (first, *first.parent.glob(f"{first.name}.*")) if file.exists()
    ]


def table(claims: Mapping[str, Mapping[int, Cost]]) -> str:
    """The result for people."""
    lines = [
        f"| due | waiting deliveries | claim of {SLOTS}, median ms | WAL bytes | blocks | cold ms |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {due} | {size:,} | {cost.ms:.1f} | {cost.wal:,} | {cost.blocks:,} | {cost.cold_ms:.0f} |"
        for due, found in claims.items()
        for size, cost in found.items()
    ]
    return "\n".join(lines)


def measured(sizes: Sequence[int]) -> dict[str, dict[int, Cost]]:
    """Both orders, each on a server of its own."""
    return {due: costs(sizes, step) for due, step in STEPS.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, nargs="*", default=SIZES)
    print(table(measured(parser.parse_args().waiting)))
