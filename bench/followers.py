"""What those who follow cost the ones who send: the same load beside 0, 10, 50 and 100 followers, in turns.

    python -m bench.followers [--requests 8000] [--rounds 3] [--rate 0]

Each follower is what `gateway tail --url` is: a connection that asks for the next page, with the same cursor
again after a refusal. One process is all of them. Printed are the medians, the ratio to nobody, how many
pages and events the followers got meanwhile, and the gateway's memory at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.targets import free_port, gateway_config, started, wait_until_ready

FOLLOWERS = (0, 10, 50, 100)
WARMUP = 500
AGAIN = 1.0
"""Seconds after a refusal, as `gateway tail` waits at first."""


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, query: str) -> tuple[int, bytes]:
    """One question on a connection: the status and the body. A client library would cost more than we do."""
    writer.write(f"GET /api/v1/tail{query} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    return int(head.split()[1]), await reader.readexactly(length)


async def follow(port: int, got: dict[str, int], slow: float) -> None:
    """One follower, for ever; `slow` seconds are what it does with each page."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    _, page = await ask(reader, writer, "")
    got["following"] += 1
    while True:
        cursor = page.rpartition(b'"next":"')[2].partition(b'"')[0].decode()
        status, answer = await ask(reader, writer, f"?cursor={cursor}")
        if status != 200:
            got["refused"] += 1
            await asyncio.sleep(AGAIN)
            continue
        page = answer
        got["pages"] += 1
        got["events"] += page.count(b'"what":"event"')
        await asyncio.sleep(slow)


async def follow_all(port: int, count: int, slow: float) -> None:
    """Follow until the standard input ends; then print what was got."""
    got = {"following": 0, "pages": 0, "events": 0, "refused": 0}
    following = [asyncio.create_task(follow(port, got, slow)) for _ in range(count)]
    while got["following"] < count:
        await asyncio.sleep(0.1)
    print("following", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in following:
        task.cancel()
    failed = await asyncio.gather(*following, return_exceptions=True)
    got["broken"] = sum(not isinstance(error, asyncio.CancelledError) for error in failed)
    print(json.dumps(got))


@contextmanager
def followed(port: int, count: int, slow: float) -> Iterator[dict[str, Any]]:
    """While the block runs, so many follow; afterwards the dict says what they got."""
    command = [sys.executable, "-m", "bench.followers", "--follow", str(port), str(count), str(slow)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout
    assert process.stdout.readline() == "following\n"
    got: dict[str, Any] = {}
    yield got
    process.stdin.close()
    got |= json.loads(process.stdout.read())
    process.wait()


def loaded(port: int, requests: int, rate: float) -> dict[str, Any]:
    """One load of the gateway."""
    command = ["bench.load", "--port", str(port), "--path", "/webhooks/stripe", "--requests", str(requests)]
    command = [sys.executable, "-m", *command, "--rate", str(rate), "--warmup", str(WARMUP)]
    with tempfile.TemporaryFile() as output:  # a pipe that is full is no place for uvloop to write to
        subprocess.run(command, stdout=output, check=True)
        output.seek(0)
        told: dict[str, Any] = json.load(output)
    return told


def processor(pid: int) -> float:
    """Seconds of processor time that a process has taken."""
    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """MB that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


def measured(folder: Path, count: int, args: argparse.Namespace) -> dict[str, Any]:
    """One load beside `count` followers, on a gateway of its own."""
    folder.mkdir()
    port = free_port()
    (folder / "config.yaml").write_text(gateway_config(port, None))
    command = ["gateway", "serve", "--config", str(folder / "config.yaml")]
    with started(command, folder / "log") as process:
        wait_until_ready(port, process, folder / "log")
        with followed(port, count, args.slow) as got:
            before = processor(process.pid)
            told = loaded(port, args.requests, args.rate)
            told["processor"] = 1e6 * (processor(process.pid) - before) / (args.requests + WARMUP)
            told["memory"] = memory(process.pid)
        return told | got


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=8000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=0.0, help="webhooks a second; 0 is as fast as it goes")
    parser.add_argument("--slow", type=float, default=0.0, help="seconds a follower takes for a page")
    parser.add_argument("--follow", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.follow:
        port, count, slow = args.follow
        return asyncio.run(follow_all(int(port), int(count), float(slow)))
    rounds: dict[int, list[dict[str, Any]]] = {count: [] for count in FOLLOWERS}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(args.rounds):
            for count in FOLLOWERS:
                rounds[count].append(measured(Path(folder) / f"{number}-{count}", count, args))
    median = {
        c: {k: statistics.median(one[k] for one in found) for k in found[0] if k in SHOWN}
        for c, found in rounds.items()
    }
    print("| followers | " + " | ".join(SHOWN.values()) + " | ratio |")
    print("|---:|" + "---:|" * (len(SHOWN) + 1))
    for count, one in median.items():
        cells = " | ".join(f"{one[name]:,.1f}" for name in SHOWN)
        print(f"| {count} | {cells} | {one['rps'] / median[0]['rps']:.2f} |")


SHOWN = {
    "rps": "requests/s", "p50_ms": "p50 ms", "p99_ms": "p99 ms", "processor": "µs of processor a webhook",
    "errors": "errors", "events": "events followed", "refused": "refused", "broken": "broken", "memory": "MB",
}  # fmt: skip

if __name__ == "__main__":
    main()
