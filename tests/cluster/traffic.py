"""A provider that sends until it hears a 200, and a subscriber that now and then says no."""

from __future__ import annotations

import asyncio
import hmac
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.cluster.nodes import SECRET, SUBSCRIPTIONS, Node

ACCOUNTS = 96
"""What events are about, in turn."""

PATIENCE = 8.0
"""Seconds that the provider waits for an answer; then it sends again."""


@dataclass
class Provider:
    """Sends `count` events, `share` of them again, each to a random node, and again until it hears a 200.

    Of one account it sends the next when it has heard a 200 for the one before: so an account's events are
    accepted in the order of their numbers. A copy goes out beside the first or some time later.
    """

    nodes: Sequence[Node]
    count: int
    share: float
    random: random.Random
    senders: int = ACCOUNTS
    acknowledged: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    tries: int = 0

    async def send_all(self) -> None:
        """Send everything."""
        copied = set(self.random.sample(range(self.count), round(self.count * self.share)))
        numbers = (range(first, self.count, self.senders) for first in range(self.senders))
        await asyncio.gather(*(self._send_some(mine, copied) for mine in numbers))

    async def _send_some(self, numbers: Sequence[int], copied: set[int]) -> None:
        """All of its accounts, in turn: ACCOUNTS is a multiple of the senders."""
        later: list[int] = []
        for number in numbers:
            beside = number in copied and self.random.random() < 0.5
            await asyncio.gather(*(self._send(number) for _ in range(1 + beside)))
            if number in copied and not beside:
                later.append(number)
            if later and self.random.random() < self.share / 2:
                await self._send(later.pop(self.random.randrange(len(later))))
        for number in later:
            await self._send(number)

    async def _send(self, number: int) -> None:
        while (answer := await self._try(number)) is None:
            await asyncio.sleep(0.1)
        self.acknowledged[id_of(number)] += 1
        self.duplicates += answer["duplicates"]

    async def _try(self, number: int) -> dict[str, int] | None:
        self.tries += 1
        node = self.random.choice(self.nodes)
        try:
            async with asyncio.timeout(PATIENCE):
                status, body = await post(node.port, "/webhooks/acme", *signed(number))
        except (OSError, EOFError, TimeoutError, ValueError):
            return None
        return json.loads(body) if status == 200 else None


def id_of(number: int) -> str:
    """The provider's id of its event with this number."""
    return f"evt_{number}"


def signed(number: int) -> tuple[bytes, str]:
    """The body of an event and its signature."""
    about = {"id": id_of(number), "type": "order.paid", "account": f"account_{number % ACCOUNTS}"}
    body = json.dumps({**about, "total": 4200, "note": "x" * 200}).encode()
    return body, hmac.digest(SECRET.encode(), body, "sha256").hex()


def out_of_order(ids: Sequence[str]) -> int:
    """How many events came after a later one of their account; `ids` as each came for the first time."""
    last: dict[int, int] = {}
    wrong = 0
    for number in (int(id.removeprefix("evt_")) for id in ids):
        wrong += number < last.get(number % ACCOUNTS, -1)
        last[number % ACCOUNTS] = max(number, last.get(number % ACCOUNTS, -1))
    return wrong


async def post(port: int, path: str, body: bytes, signature: str) -> tuple[int, bytes]:
    """One POST on a connection of its own. Raises OSError, EOFError or ValueError."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\nx-signature: {signature}\r\n"
        writer.write(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        answer = await reader.read()
    finally:
        writer.transport.abort()
    top, _, content = answer.partition(b"\r\n\r\n")
    return int(top[9:12]), content  # an answer that was cut off has no number


@dataclass
class Subscriber:
    """Counts what arrives, by subscription and message id; refuses one in `refuses` at random."""

    random: random.Random
    refuses: int = 50
    got: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in SUBSCRIPTIONS})
    server: asyncio.Server | None = None

    async def start(self) -> str:
        """Listen. Returns the URL."""
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Stop listening."""
        if self.server is not None:
            self.server.close()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
                path = head.split()[1].lstrip("/")
                if self.random.randrange(self.refuses) == 0:
                    writer.write(b"HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n")
                    continue
                self.got[path][head.partition("webhook-id: ")[2].partition("\r\n")[0].upper()] += 1
                writer.write(b"HTTP/1.1 200 ok\r\ncontent-length: 0\r\n\r\n")
        except (OSError, EOFError):
            writer.transport.abort()
