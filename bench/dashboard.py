"""How long the dashboard's pages take with a million events in the store.

    python -m bench.dashboard [--events 1000000] [--store FOLDER]

Fills a SQLite store, a kilobyte an event, as `bench.many_events` says; then starts a gateway on it and asks
for each page. Printed are the first answer, as a cold process gives it, and the median of ten.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from bench.many_events import fill

PORT = 18_730
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
TEXT = "x" * 900
"""What makes a kilobyte of an event."""


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
            fill(file, chosen.events, round(time.time() * 1000), TEXT)
        ask(chosen.events, folder)


if __name__ == "__main__":
    main()
