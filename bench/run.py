"""`make bench`: every target in turn, several rounds, one machine, one run; then the table and the ratios.

Each measurement starts its server afresh on an empty folder, loads it from another process, and stops it.
Rounds alternate the targets, so that noise of the machine hits all alike. Only 127.0.0.1 is loaded.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from bench import machine, report, webhooks
from bench.receivers import PATH
from bench.targets import TARGETS, Target, free_port, running

ROOT = Path(__file__).parent.parent
LIMIT_SECONDS = 300
PACED_SECONDS = 5
CONNECTIONS = 64


def measure(target: Target, folder: Path, asked: int, warmup: int) -> dict[str, Any]:
    """One measurement of one target: what the load generator saw, and what was kept and delivered."""
    count = min(asked, round(target.rate * PACED_SECONDS)) if target.rate else asked
    warmup = min(warmup, round(target.rate)) if target.rate else warmup
    subscriber = free_port()
    expected = warmup + count if target.delivers else 0
    with subscribed(subscriber, expected) as arrivals, running(target, folder, subscriber) as port:
        seen = load(target, port, count, warmup)
        if target.delivers:
            seen |= delivered(seen["sent_at"], arrivals(), warmup)
    seen |= {"requests": count, "lost": lost(target, folder, count + warmup, seen["duplicates"])}
    del seen["sent_at"]
    return seen


def load(target: Target, port: int, count: int, warmup: int) -> dict[str, Any]:
    """Run the load generator in its own process."""
    options = {
        "port": port,
        "path": PATH,
        "requests": count,
        "warmup": warmup,
        "connections": CONNECTIONS,
        "duplicates": target.duplicates,
        "rate": target.rate,
        "limit": LIMIT_SECONDS,
    }
    command = [sys.executable, "-m", "bench.load", *(f"--{name}={value}" for name, value in options.items())]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=LIMIT_SECONDS + 60)
    result: dict[str, Any] = orjson.loads(done.stdout)
    return result


@contextlib.contextmanager
def subscribed(port: int, count: int) -> Iterator[Any]:
    """A subscriber that waits for `count` events; gives a function that returns what arrived, and when."""
    if not count:
        yield dict
        return
    command = [sys.executable, "-m", "bench.subscriber", str(port), str(count), str(LIMIT_SECONDS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        yield lambda: orjson.loads(process.communicate(timeout=LIMIT_SECONDS + 60)[0])
    finally:
        process.kill()
        process.communicate()


def delivered(sent_at: list[float], arrivals: dict[str, Any], warmup: int) -> dict[str, Any]:
    """Deliveries a second from the first request to the last arrival, and request-to-arrival times."""
    arrived = arrivals["arrived"]
    names = [webhooks.event_id(warmup + i) for i in range(len(sent_at))]
    pairs = [(sent, arrived[name]) for sent, name in zip(sent_at, names, strict=True) if name in arrived]
    if not pairs:
        raise SystemExit("nothing was delivered")
    delays = sorted(arrival - sent for sent, arrival in pairs)
    last = max(arrival for _, arrival in pairs)
    return {
        "delivered_rps": len(pairs) / (last - sent_at[0]),
        "delivered_p50_ms": 1000 * delays[len(delays) // 2],
        "delivered_p99_ms": 1000 * delays[int(len(delays) * 0.99)],
        "undelivered": len(names) - len(pairs),
        "delivered_again": arrivals["repeats"],
    }


def lost(target: Target, folder: Path, sent: int, duplicates: int) -> int:
    """Acknowledged events that the database does not hold after the server stopped; must be 0."""
    database = target.database(folder)
    if database is None:
        return 0
    with contextlib.closing(sqlite3.connect(database)) as opened:
        (kept,) = opened.execute("select count(*) from events where id like 'evt_%'").fetchone()
    return sent - duplicates - int(kept)


def rounds(targets: list[Target], args: argparse.Namespace, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Measure all targets in turn, `args.rounds` times."""
    results: dict[str, list[dict[str, Any]]] = {target.name: [] for target in targets}
    for number in range(args.rounds):
        for target in targets:
            with tempfile.TemporaryDirectory(dir=folder) as fresh:
                seen = measure(target, Path(fresh), args.requests, args.warmup)
            results[target.name].append(seen)
            print(f"round {number + 1}: {target.name}: {seen['rps']:,.0f} requests/s", flush=True)
    return results


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=20_000, help="a measurement, warm-up not counted")
    parser.add_argument("--warmup", type=int, default=1000)
    parser.add_argument("--only", nargs="*", help="some targets by name; then no result is written")
    return parser.parse_args()


def main() -> int:
    """0 when every request was answered with 2xx and every event is on disk and delivered; else 1."""
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    data = ROOT / "data"
    data.mkdir(exist_ok=True)
    targets = [target for target in TARGETS if not args.only or target.name in args.only]
    with tempfile.TemporaryDirectory(prefix="bench-", dir=data) as folder:
        described = machine.describe(Path(folder))
        results = rounds(targets, args, Path(folder))
    text = report.markdown(described, results)
    print(f"\n{text}")
    if not args.only:
        report.write(ROOT / "bench" / "results", described, results, text)
    return report.failures(results)


if __name__ == "__main__":
    sys.exit(main())
