"""How long the dashboard's pages take with a million events in the store.

    python -m bench.dashboard [--events 1000000] [--store FOLDER]

Fills a SQLite store, a kilobyte an event, spread over 30 days, a delivery each of which one in a hundred
died; then starts a gateway on it and asks for each page. Printed are the first answer, as a cold process
gives it, and the median of ten.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from gateway.event import Event, new_id
from gateway.store import open_store
from gateway.store.records import Candidate, Reception

PORT = 18_730
DAYS = 30
GROUP = 1000
CONFIG = f"""\
server: {{host: 127.0.0.1, port: {PORT}}}
store: {{url: "sqlite:///data/gateway.db"}}
sources:
  stripe: {{adapter: stripe, secrets: ["whsec_of_the_benchmark"]}}
  rare: {{adapter: github, secrets: ["secret-of-the-benchmark"]}}
  never: {{adapter: github, secrets: ["secret-of-the-benchmark"]}}
subscriptions:
  app: {{events: ["stripe/*"], destination: {{type: http, url: "http://127.0.0.1:9/hooks"}}}}
"""
PAGES = [
    "", "?range=30d", "/events", "/events?source=rare", "/events?name=github/push", "/events?since=1h",
    "/events?name=stripe/nothing", "/duplicates", "/rejections", "/deliveries", "/deliveries?state=dead",
    "/deliveries?state=pending", "/subscriptions", "/sources", "/sources/rare",
]  # fmt: skip
ENDED = """
UPDATE deliveries SET attempts = 1, finished_at = due_at + 50, last_status = iif(seq % 100 = 0, 500, 200),
    state = iif(seq % 100 = 0, 'dead', 'succeeded')
WHERE seq % 1000 <> 1
"""


def candidates(count: int, now: int) -> Iterator[Candidate]:
    """`count` events up to `now` (Unix ms); one in 50,000 is of the source that is rare."""
    step = DAYS * 86_400_000 / count
    for number in range(count):
        at = round(now - (count - number) * step)
        data = f'{{"id":"evt_{number}","text":"{"x" * 900}"}}'
        is_rare = number % 50_000 == 7
        name, source = ("github/push", "rare") if is_rare else ("stripe/customer.created", "stripe")
        event = Event(new_id(at), f"evt_{number}", name, source, data, at, "v1", at)
        digest = hashlib.sha256(data.encode()).digest()
        reception = Reception("192.0.2.1", f"http://x/webhooks/{source}", '[["user-agent","bench"]]', 0)
        yield Candidate(event, digest, () if is_rare else ("app",), event.id, 1000, reception)
        if number % 100 == 0:
            yield Candidate(event, digest, (), event.id, 1000, reception)


async def fill(file: Path, count: int) -> None:
    """Store the events, and end the deliveries of all but one in a thousand."""
    store = await open_store(file)
    group: list[Candidate] = []
    for candidate in candidates(count, round(time.time() * 1000)):
        group.append(candidate)
        if len(group) == GROUP:
            await store.accept(group)
            group = []
    await store.accept(group)
    await store.pause("app", "nothing is delivered here", 1)
    await store.close()
    with sqlite3.connect(file) as db:
        db.execute(ENDED)


def ask(count: int, folder: Path) -> None:
    """Start a gateway that delivers nothing, and time its pages."""
    command = [sys.executable, "-m", "gateway", "serve"]
    env = os.environ | {"PYTHONPATH": str(Path.cwd())}
    process = subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{PORT}", trust_env=False, timeout=60) as client:
            while not _is_there(client):
                time.sleep(0.05)
            print(f"{count:,} events", "first ms", "median ms", sep="\t")
            for page in PAGES:
                times = [_timed(client, f"/ui{page}") for _ in range(11)]
                print(f"/ui{page}", round(times[0]), round(statistics.median(times[1:])), sep="\t")
    finally:
        process.terminate()
        process.wait()


def _is_there(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def _timed(client: httpx.Client, path: str) -> float:
    start = time.perf_counter()
    client.get(path).raise_for_status()
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Fill and ask; a store that `--store` names is filled once and kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--store", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.store or Path(temporary)
        file = folder / "data" / "gateway.db"
        if not file.is_file():
            file.parent.mkdir(parents=True)
            (folder / "config.yaml").write_text(CONFIG)
            asyncio.run(fill(file, chosen.events))
        ask(chosen.events, folder)


if __name__ == "__main__":
    main()
