"""The API on the other engine: the same rows, and text that PostgreSQL would choke on is refused before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.store import Store, open_store
from tests.api.v1.conftest import ADMIN, Served, serving
from tests.cli.conftest import NOW, Home, Made, event, rejection


@dataclass(frozen=True)
class Shared(Home):
    """A folder with a config, and a store on a server."""

    server: str = ""

    def do(self, job: Callable[[Store], Awaitable[Made]]) -> Made:
        async def doing() -> Made:
            store = await open_store(self.server, connections=1)
            try:
                return await job(store)
            finally:
                await store.close()

        return asyncio.run(doing())


@pytest.fixture
def shared(tmp_path: Path, database: str) -> Iterator[Served]:
    """A gateway on PostgreSQL with something of everything."""
    home = Shared(tmp_path, server=database)
    home.accept(event("evt_1", to=("app", "mail")), event("evt_1", at=NOW + 9, data='{"a":2}'))
    home.end("dead", status=500)
    home.do(lambda store: store.reject(rejection(body=b"{}")))
    with serving(home, lambda: NOW / 1000, f"admin_token: {ADMIN}", url=database) as made:
        yield made


LISTS = ["events", "duplicates", "duplicate-groups", "rejections", "rejection-counts", "quarantine"]


def test_every_list_has_its_row(shared: Served) -> None:
    assert {path: len(shared.get(f"/{path}").json()["items"]) for path in LISTS} == dict.fromkeys(LISTS, 1)
    assert len(shared.get("/deliveries", name="stripe/*", state="dead").json()["items"]) == 2


def test_the_actions_act(shared: Served) -> None:
    with shared.client() as gateway:
        assert gateway.replay_dead(subscription="app").made == 1
        assert gateway.replay(["evt_1"]).made == 2
        assert gateway.cancel_pending(source="stripe").cancelled == 3
        assert gateway.pause("app").reason == "paused over the API by admin"
        assert gateway.resume("app").subscription == "app"


# what no text of PostgreSQL can hold, or no number
ODD = [
    ("GET", "/events?source=%00", {}),
    ("GET", "/events?name=%00", {}),
    ("GET", "/events/%00", {}),
    ("GET", "/events/%ED%A0%80", {}),
    ("GET", f"/events?cursor={'9' * 18}", {}),
    ("GET", "/events?since=253402300799999", {}),
    ("GET", "/duplicates/7ZZZZZZZZZZZZZZZZZZZZZZZZZ", {}),
    ("POST", "/replays", {"ids": ["a\0"]}),
    ("POST", "/replays", {"ids": ["\N{GRINNING FACE}" * 256]}),
    ("POST", "/subscriptions/app/pause", {"reason": "\0"}),
]


@pytest.mark.parametrize(("method", "path", "body"), ODD, ids=lambda value: str(value)[:40])
def test_odd_text_is_no_failure(shared: Served, method: str, path: str, body: dict[str, object]) -> None:
    answer = shared.ask(method, path, **({"json": body} if body else {}))
    assert answer.status_code in (200, 404, 422), answer.text
