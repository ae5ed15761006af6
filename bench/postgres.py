"""`make bench-postgres`: ingest and delivery on one PostgreSQL, 1, 2 and 4 nodes, and what a claim costs.

    python -m bench.postgres --requests 8000 --waiting 10000 1000000 10000000

A PostgreSQL of its own, which waits for the disk at every commit, is started beside the nodes on this very
machine: with few cores they share them, and more nodes show no more than that nothing gets in the way.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import psycopg

from bench import claims, machine, webhooks
from bench.receivers import PATH
from bench.run import ROOT, delivered, subscribed
from bench.targets import free_port, started, wait_until_ready
from tests.postgres import PASSWORD, Databases, Server

SETTINGS = ("shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=30min", "max_connections=200")


def config(port: int, url: str, subscriber: int | None) -> str:
    """A source, and one subscription where there is a subscriber."""
    settings: dict[str, Any] = {
        "server": {"port": port},
        "store": {"url": url},
        "sources": {"stripe": {"adapter": "stripe", "secrets": [webhooks.SECRET]}},
    }
    if subscriber is not None:
        to = {"type": "http", "url": f"http://127.0.0.1:{subscriber}/hooks"}
        settings["subscriptions"] = {"bench": {"events": ["stripe/*"], "destination": to, "concurrency": 64}}
    return json.dumps(settings)


@contextlib.contextmanager
def node(role: str, folder: Path, url: str, subscriber: int | None) -> Iterator[int]:
    """A node that is ready; gives its port."""
    folder.mkdir()
    port = free_port()
    (folder / "config.yaml").write_text(config(port, url, subscriber))
    with started(["gateway", role, "--config", str(folder / "config.yaml")], folder / "log") as process:
        wait_until_ready(port, process, folder / "log")
        yield port


def ingest(nodes: int, worker: bool, requests: int, url: str, folder: Path) -> dict[str, Any]:
    """Load so many ingest nodes, with a worker beside them or without."""
    subscriber, warmup = free_port(), 500
    with contextlib.ExitStack() as ending:
        arrivals = ending.enter_context(subscribed(subscriber, warmup + requests if worker else 0))
        ports = [
            ending.enter_context(node("ingest", folder / f"{n}", url, subscriber if worker else None))
            for n in range(nodes)
        ]
        if worker:
            ending.enter_context(node("worker", folder / "worker", url, subscriber))
        with psycopg.connect(url, autocommit=True) as db:
            before = measured(db)
            seen = load(ports, requests, warmup)
            if worker:
                seen |= delivered(seen["sent_at"], arrivals(), warmup)
            after = measured(db)
    del seen["sent_at"]
    count = after["events"] - before["events"]
    seen["lost"] = requests + warmup - seen["duplicates"] - count
    seen["wal_bytes"] = (after["wal"] - before["wal"]) / count
    seen["disk_bytes"] = (after["size"] - before["size"]) / count
    return seen


def load(ports: Sequence[int], requests: int, warmup: int) -> dict[str, Any]:
    options = {"path": PATH, "requests": requests, "warmup": warmup, "connections": 64, "limit": 300}
    command = [sys.executable, "-m", "bench.load", *(f"--{name}={value}" for name, value in options.items())]
    command += ["--port", *map(str, ports)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=400)
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


def measured(db: psycopg.Connection) -> dict[str, int]:
    row = db.execute(
        "SELECT count(*), pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint,"
        " pg_database_size(current_database()) FROM events"
    ).fetchone()
    assert row is not None
    return {"events": row[0], "wal": row[1], "size": row[2]}


def tables(ingested: dict[str, dict[str, Any]], claimed: str, described: dict[str, Any]) -> str:
    """The whole result for people."""
    lines = [
        "| nodes | requests/s | p50 ms | p99 ms | errors | lost | WAL bytes an event | bytes on disk |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {one['rps']:,.0f} | {one['p50_ms']:.1f} | {one['p99_ms']:.1f} "
        f"| {one['errors']} | {one['lost']} | {one['wal_bytes']:,.0f} | {one['disk_bytes']:,.0f} |"
        for name, one in ingested.items()
    ]
    lines += [
        f"\n{name}: {one['delivered_rps']:,.0f} deliveries/s, request to subscriber p50 "
        f"{one['delivered_p50_ms']:.0f} ms, {one['undelivered']} undelivered."
        for name, one in ingested.items()
        if "delivered_rps" in one
    ]
    lines += ["", claimed]
    where = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in described.items())
    return "\n".join([*lines, "", where]) + "\n"


def main() -> int:
    """0 when nothing was lost; the result is written to bench/results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=8000)
    parser.add_argument("--waiting", type=int, nargs="*", default=claims.SIZES)
    args = parser.parse_args()
    with contextlib.ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        described = machine.describe(folder)
        server = Server(SETTINGS)
        ending.callback(server.remove)
        databases = Databases(f"postgresql://postgres:{PASSWORD}@127.0.0.1:{server.port}/postgres")
        ending.callback(databases.close)
        ingested: dict[str, dict[str, Any]] = {}
        for nodes, worker in ((1, False), (2, False), (4, False), (1, True), (2, True)):
            name = f"{nodes} ingest" + (" and a worker" if worker else "")
            one = ingest(nodes, worker, args.requests, databases.ready(), Path(tempfile.mkdtemp(dir=folder)))
            ingested[name] = one
            print(f"{name}: {one['rps']:,.0f} requests/s", flush=True)
    claimed = claims.table(claims.measured(args.waiting))
    text = tables(ingested, claimed, described)
    print(f"\n{text}")
    today = datetime.now(UTC).date().isoformat()
    (ROOT / "bench" / "results" / f"{today}-postgres.md").write_text(f"# PostgreSQL, {today}\n\n{text}")
    return int(any(one["lost"] or one["errors"] for one in ingested.values()))


if __name__ == "__main__":
    sys.exit(main())
