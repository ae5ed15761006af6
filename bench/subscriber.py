"""The subscriber that the gateway delivers to: answers 200 at once and notes when each event came.

    python -m bench.subscriber PORT COUNT SECONDS

Stops after COUNT distinct events or SECONDS, and prints `{"arrived": {event id: Unix time}, "repeats": n}`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import cast

import orjson
import uvloop

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"


class Arrivals:
    """When each event came first, and how many came again."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.arrived: dict[str, float] = {}
        self.repeats = 0
        self.complete = asyncio.Event()

    def note(self, body: bytes) -> None:
        event = orjson.loads(body)["id"]
        self.repeats += event in self.arrived
        self.arrived.setdefault(event, time.time())
        if len(self.arrived) == self.expected:
            self.complete.set()


class Connection(asyncio.Protocol):
    """One keep-alive connection of the gateway's."""

    transport: asyncio.Transport

    def __init__(self, arrivals: Arrivals) -> None:
        self.arrivals = arrivals
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        _, _, length = head.lower().partition(b"content-length:")
        if not end or len(body) < int(length.partition(b"\r\n")[0]):
            return
        self.buffer = b""
        self.arrivals.note(body)
        self.transport.write(ANSWER)


async def subscribe(port: int, count: int, seconds: float) -> Arrivals:
    arrivals = Arrivals(count)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(arrivals), "127.0.0.1", port)
    try:
        async with asyncio.timeout(seconds):
            await arrivals.complete.wait()
    except TimeoutError:
        print(f"{len(arrivals.arrived)} of {count} events came in {seconds:.0f} s", file=sys.stderr)
    server.close()
    return arrivals


if __name__ == "__main__":
    seen = uvloop.run(subscribe(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
    sys.stdout.buffer.write(orjson.dumps({"arrived": seen.arrived, "repeats": seen.repeats}))
