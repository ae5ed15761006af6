"""A folder with a config, a real store file in it, and the command line to look at it with."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.event import Event, new_id
from gateway.store import Store, open_store
from gateway.store.records import Attempt, Candidate, Delivery, Outcome, Query, Reception, Settlement, State
from gateway.store.rejections import Rejection

Made = TypeVar("Made")

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
NOW = 1_748_764_800_000
"""Unix ms of 2025-06-01T08:00:00Z, at which everything happens unless a test says otherwise."""

CONFIG = """\
server: {host: 127.0.0.1, port: 8080}
store: {url: "sqlite:///data/gateway.db"}
sources:
  stripe: {adapter: stripe, secrets: ["${STRIPE_SECRET}"], quarantine: true}
  billing: {adapter: github, secrets: ["${BILLING_SECRET}"]}
subscriptions:
  app:
    events: ["stripe/*"]
    destination: {type: http, url: "http://127.0.0.1:9000/hooks"}
  mail:
    events: ["stripe/customer.*", "gateway/delivery.cancelled"]
    destination: {type: http, url: "http://127.0.0.1:9001/hooks"}
"""


@dataclass(frozen=True)
class Home:
    """A folder with a config.yaml and a store."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.yaml"

    @property
    def database(self) -> Path:
        return self.path / "data" / "gateway.db"

    def gateway(self, *args: str, **env: str | None) -> Result:
        """Run `gateway ARGS --config …` in process."""
        return CliRunner(env=env).invoke(app, [*args, "--config", str(self.config)])

    def lines(self, *args: str) -> list[Any]:
        """What `gateway ARGS --json` prints."""
        result = self.gateway(*args, "--json")
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    def do(self, job: Callable[[Store], Awaitable[Made]]) -> Made:
        """Do something to the store directly."""

        async def doing() -> Made:
            store = await open_store(self.database)
            try:
                return await job(store)
            finally:
                await store.close()

        return asyncio.run(doing())

    def accept(self, *candidates: Candidate) -> list[Outcome]:
        """Store events, one request each."""

        async def job(store: Store) -> list[Outcome]:
            return [outcome for each in candidates for outcome in await store.accept([each])]

        return self.do(job)

    def deliveries(self, **query: Any) -> list[Delivery]:
        return list(self.do(lambda store: store.deliveries(Query(**query))))

    def events(self, name: str) -> list[Event]:
        return [stored.event for stored in self.do(lambda store: store.events(Query(name=name)))]

    def end(self, state: State, at: int = NOW, pause: str | None = None, **attempt: Any) -> None:
        """Let every due delivery have one attempt that ends it as `state`."""

        async def job(store: Store) -> None:
            free = {"app": 100, "mail": 100}
            for claimed in (await store.claim(free, dict.fromkeys(free, HOUR), at, "test")).claimed:
                one = claimed.delivery
                made = Attempt(one.delivery_id, one.attempts, at, 12, **attempt)
                await store.settle(Settlement(made, state, at, 0, at, pause=pause, pause_reason="410"))

        self.do(job)


@pytest.fixture
def empty(tmp_path: Path) -> Home:
    """A folder with a config and no store yet."""
    home = Home(tmp_path)
    home.config.write_text(CONFIG)
    return home


@pytest.fixture
def home(empty: Home) -> Home:
    """A folder with a config and an empty store."""
    empty.accept()
    return empty


def event(
    id: str = "evt_1",
    *,
    at: int = NOW,
    to: tuple[str, ...] = (),
    data: str = '{"a":1}',
    source: str = "stripe",
    name: str = "stripe/customer.created",
    key: str | None = None,
) -> Candidate:
    """An event that asks to be stored at `at` (Unix ms)."""
    made = Event(new_id(at), id, name, source, data, at - SECOND, "v1", at, {"livemode": False})
    reception = Reception("192.0.2.1", f"http://x/webhooks/{source}", '[["user-agent","test"]]', 0)
    return Candidate(made, hashlib.sha256(data.encode()).digest(), to, key or id, 3 * DAY, reception)


def rejection(at: int = NOW, **changes: Any) -> Rejection:
    """A request to `stripe` that was refused at `at` (Unix ms)."""
    refused = Rejection(
        rejection_id=new_id(at),
        source="stripe",
        reason="bad_signature",
        detail="no secret matches",
        received_at=at,
        remote_addr="192.0.2.7",
        method="POST",
        url="http://127.0.0.1:8080/webhooks/stripe",
        headers='[["user-agent","test"]]',
        body_size=2,
        body_sha256="ab",
    )
    return replace(refused, **changes)
