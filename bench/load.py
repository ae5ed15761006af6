"""Loads one path on 127.0.0.1 with prepared requests over keep-alive connections; prints what it measured.

    python -m bench.load --port 8080 --path /webhooks/stripe --requests 20000

Raw HTTP/1.1 on an asyncio Protocol: a client library would be slower than the servers it measures.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

import orjson
import uvloop

from bench import webhooks


class Pool:
    """What all connections share: the requests still to send, and what came back."""

    def __init__(self, pending: Iterator[bytes], rate: float) -> None:
        self.pending = pending
        self.interval = 1 / rate if rate else 0.0
        self.latencies: list[float] = []
        self.sent_at: list[float] = []
        self.bodies: list[bytes] = []
        self.errors: list[str] = []
        self.busy = 0
        self.idle = asyncio.Event()
        self.last_slot = 0.0

    def rest(self) -> None:
        """A connection has no more to do."""
        self.busy -= 1
        if not self.busy:
            self.idle.set()

    def slot(self) -> float:
        """When the next request of a paced run may go, on the loop's clock."""
        self.last_slot = max(self.last_slot + self.interval, asyncio.get_running_loop().time())
        return self.last_slot


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way at a time."""

    transport: asyncio.Transport
    pool: Pool | None = None
    buffer = b""
    started = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def work(self, pool: Pool) -> None:
        """Send requests of `pool`, one after another, until it has none left."""
        self.pool = pool
        if (request := next(pool.pending, None)) is None:
            self.pool = None
            pool.rest()
        elif pool.interval:
            asyncio.get_running_loop().call_at(pool.slot(), self.send, pool, request)
        else:
            self.send(pool, request)

    def send(self, pool: Pool, request: bytes) -> None:
        pool.sent_at.append(time.time())
        self.started = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        length, pool = answer_length(self.buffer), self.pool
        if pool is None or length is None or len(self.buffer) < length:
            return
        pool.latencies.append(time.perf_counter() - self.started)
        if self.buffer.startswith(b"HTTP/1.1 2"):
            pool.bodies.append(self.buffer.partition(b"\r\n\r\n")[2])
        else:
            pool.errors.append(self.buffer[:200].decode("latin-1"))
        self.buffer = b""
        self.work(pool)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.pool is not None:
            self.pool.errors.append(f"connection lost: {exc}")
            self.pool.rest()


def answer_length(buffer: bytes) -> int | None:
    """Bytes of the whole answer that starts the buffer; None until its head is complete."""
    head, end, _ = buffer.partition(b"\r\n\r\n")
    if not end:
        return None
    _, _, after = head.lower().partition(b"content-length:")
    return len(head) + 4 + int(after.partition(b"\r\n")[0])


async def drain(connections: list[Connection], pool: Pool) -> float:
    """Send all that is pending; gives the seconds it took."""
    pool.busy = len(connections)
    started = time.perf_counter()
    for connection in connections:
        connection.work(pool)
    await pool.idle.wait()
    return time.perf_counter() - started


async def load(args: argparse.Namespace) -> dict[str, Any]:
    prepared = iter(webhooks.requests(args.path, args.warmup + args.requests, args.duplicates))
    connect = asyncio.get_running_loop().create_connection
    ports = [args.port[number % len(args.port)] for number in range(args.connections)]
    connections = [(await connect(Connection, "127.0.0.1", port))[1] for port in ports]
    warm, pool = Pool(islice(prepared, args.warmup), args.rate), Pool(prepared, args.rate)
    await drain(connections, warm)
    seconds = await drain(connections, pool)
    latencies, errors = sorted(pool.latencies), warm.errors + pool.errors
    return {
        "rps": len(pool.bodies) / seconds,
        "p50_ms": 1000 * latencies[len(latencies) // 2],
        "p99_ms": 1000 * latencies[int(len(latencies) * 0.99)],
        "errors": len(errors),
        "first_error": next(iter(errors), None),
        "duplicates": sum(orjson.loads(body).get("duplicates", 0) for body in warm.bodies + pool.bodies),
        "sent_at": pool.sent_at,
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, nargs="+", required=True, help="several take turns")
    parser.add_argument("--path", required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--warmup", type=int, default=1000, help="requests sent first and not measured")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--duplicates", type=float, default=0.0, help="share of repeated webhooks, 0 to 1")
    parser.add_argument("--rate", type=float, default=0.0, help="requests a second; 0 is as fast as it goes")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds, then it gives up")
    return parser.parse_args()


if __name__ == "__main__":
    args = arguments()
    sys.stdout.buffer.write(orjson.dumps(uvloop.run(asyncio.wait_for(load(args), args.limit))))
