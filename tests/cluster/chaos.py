"""Three ingest nodes and three workers on one PostgreSQL, while they are killed, frozen and cut off.

    python -m tests.cluster.chaos --webhooks 200000          (make chaos)

What must hold at the end: every event that was sent is there exactly once, every subscription got every one
of them, every copy that was acknowledged is a duplicate row, and nothing waits any more.

The subscription with `order_by` got each event of an account for the first time after all that were accepted
before it. That one comes again later is allowed: a worker that hangs may deliver what another has delivered.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import uvloop

from tests.cluster.network import Link
from tests.cluster.nodes import ORDERED, SUBSCRIPTIONS, Node, make
from tests.cluster.traffic import Provider, Subscriber, out_of_order
from tests.postgres import PASSWORD, Server

NODES = 3
"""Ingest nodes, and as many workers."""
STUCK_AFTER = 120.0
"""Seconds in which something that waits must be delivered: a lease of a killed worker must run out first."""


@dataclass
class Chaos:
    """What happens to the nodes, by chance and a seed. One of each role is always left alone."""

    nodes: Sequence[Node]
    random: random.Random
    pause: float = 0.7
    happened: Counter[str] = field(default_factory=Counter)

    async def rage(self) -> None:
        """Until cancelled: one mishap after the other."""
        while True:
            await asyncio.sleep(self.random.uniform(0.3, 1.7) * self.pause)
            node = self.random.choice([node for node in self.nodes if not node.name.endswith("-0")])
            mishap = self.random.choice([self.kill, self.freeze, self.cut, self.reset])
            self.happened[mishap.__name__] += 1
            await mishap(node)

    async def kill(self, node: Node) -> None:
        node.kill()
        await asyncio.sleep(self.random.uniform(0, 0.5))
        node.start()

    async def freeze(self, node: Node) -> None:
        """SIGSTOP for a while, now and then for longer than a lease."""
        node.tell(signal.SIGSTOP)
        await asyncio.sleep(self.random.choice([0.3, 1, 6]))
        node.tell(signal.SIGCONT)

    async def cut(self, node: Node) -> None:
        """A partition: the database can't be reached, and nothing says so."""
        node.link.cut()
        await asyncio.sleep(self.random.choice([0.3, 1, 6]))
        node.link.mend()

    async def reset(self, node: Node) -> None:
        node.link.reset()


@dataclass(frozen=True)
class Result:
    """What came of it. `problems` is empty where every promise held."""

    seed: int
    seconds: float
    tries: int
    happened: Counter[str]
    repeated: int
    problems: list[str]


async def run(webhooks: int, seed: int, share: float = 0.3, pause: float = 0.7) -> Result:
    """Send `webhooks` events, `share` of them twice, through a raging cluster."""
    chance = random.Random(seed)
    with contextlib.ExitStack() as ending:
        server = Server((*_SETTINGS,))
        ending.callback(server.remove)
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        subscriber = Subscriber(random.Random(chance.random()))
        async with _cluster(server, folder, await subscriber.start()) as nodes:
            started = time.monotonic()
            ingest = [node for node in nodes if node.role == "ingest"]
            provider = Provider(ingest, webhooks, share, random.Random(chance.random()))
            chaos = Chaos(nodes, random.Random(chance.random()), pause)
            raging = asyncio.create_task(chaos.rage())
            await provider.send_all()
            raging.cancel()
            await asyncio.gather(raging, return_exceptions=True)
            _calm(nodes)
            problems = await _problems(server, provider, subscriber)
            repeated = sum(sum(got.values()) - len(got) for got in subscriber.got.values())
            seconds = time.monotonic() - started
            await subscriber.close()
            return Result(seed, seconds, provider.tries, chaos.happened, repeated, problems)
    raise AssertionError("unreachable")


_SETTINGS = ("fsync=off", "shared_buffers=128MB", "max_connections=200", "tcp_keepalives_idle=2")


@contextlib.asynccontextmanager
async def _cluster(server: Server, folder: Path, subscriber: str) -> AsyncIterator[list[Node]]:
    nodes: list[Node] = []
    links: list[Link] = []
    database = f"postgresql://postgres:{PASSWORD}@127.0.0.1:PORT/postgres"
    try:
        for role in ("ingest", "worker"):
            for number in range(NODES):
                link = Link(server.port)
                await link.start()
                links.append(link)
                nodes.append(make(role, number, folder, link, database, subscriber))
        for node in nodes:
            node.start()
        yield nodes
    finally:
        for node in nodes:
            node.kill()
        for link in links:
            await link.close()


def _calm(nodes: Sequence[Node]) -> None:
    """Everything runs and is connected again."""
    for node in nodes:
        node.link.mend()
        node.tell(signal.SIGCONT)
        if not node.runs:
            node.start()


async def _problems(server: Server, provider: Provider, subscriber: Subscriber) -> list[str]:
    """Every promise that did not hold."""
    with psycopg.connect(server.url(), autocommit=True) as db:

        def number(sql: str) -> int:
            [value] = db.execute(sql).fetchone() or [0]
            return int(value)

        pending = "SELECT count(*) FROM deliveries WHERE state = 'pending'"
        await _drained(lambda: number(pending))
        ids = {event_id: id for event_id, id in db.execute("SELECT event_id, id FROM events").fetchall()}
        found = {
            "deliveries still wait": number(pending),
            "deliveries are dead": number("SELECT count(*) FROM deliveries WHERE state = 'dead'"),
            "acknowledged events are missing": len(provider.acknowledged.keys() - set(ids.values())),
            "events are there twice": len(ids) - len(set(ids.values())),
            "acknowledged copies left no duplicate": max(
                0, provider.duplicates - number("SELECT count(*) FROM duplicates")
            ),
            "acknowledgements were neither a first nor a copy": max(
                0, sum(provider.acknowledged.values()) - provider.duplicates - len(ids)
            ),
        }
        for name in SUBSCRIPTIONS:
            found[f"events did not reach {name}"] = len(ids.keys() - subscriber.got[name].keys())
        came = [ids[event_id] for event_id in subscriber.got[ORDERED] if event_id in ids]
        found["events overtook an earlier one of their account"] = out_of_order(came)
        return [f"{count} {what}" for what, count in found.items() if count]


async def _drained(pending: Callable[[], int]) -> None:
    """Wait until nothing does, or no less than STUCK_AFTER ago. Counting must hold up no delivery."""
    least, since = await asyncio.to_thread(pending), time.monotonic()
    while least and time.monotonic() - since < STUCK_AFTER:
        await asyncio.sleep(0.5)
        if (left := await asyncio.to_thread(pending)) < least:
            least, since = left, time.monotonic()


def main() -> None:
    """Run once and tell; exit code 1 where a promise did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--webhooks", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--pause", type=float, default=3.0, help="seconds between mishaps, about")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    result = uvloop.run(run(asked.webhooks, asked.seed, pause=asked.pause))
    print(f"{asked.webhooks:,} events in {result.seconds:.0f} s, {result.tries:,} requests, "
          f"{result.repeated:,} deliveries repeated; {dict(result.happened)}")  # fmt: skip
    print("\n".join(result.problems) or "every promise held")
    sys.exit(bool(result.problems))


if __name__ == "__main__":
    main()
