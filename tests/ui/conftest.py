"""A real server with the dashboard, on a store that a test fills as it likes. Nothing is delivered."""

from __future__ import annotations

import asyncio
import contextlib
import html
import re
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import httpx
import pytest
import uvicorn

from gateway.app import Gateway, Role
from gateway.config import load
from gateway.event import new_id
from gateway.store import Store, open_store
from gateway.store.records import Attempt, Candidate, Outcome, Query, Settlement, State
from gateway.store.rejections import Rejection
from tests.cli.conftest import event, rejection
from tests.ui.browsing import BROWSER

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Made = TypeVar("Made")
TOKEN = "correct-horse-battery-staple"
SQLITE = "sqlite:///data/gateway.db"
UNDELIVERED = Role(delivers=False)
CONFIG = """\
server: {{host: 127.0.0.1, port: 8080{server}}}
store: {{url: "{store}"}}
sources:
  stripe: {{adapter: stripe, secrets: ["whsec_test_secret"]}}
  billing: {{adapter: github, secrets: ["a-long-github-secret"]{expect}}}
subscriptions:
  app:
    events: ["stripe/*"]
    destination: {{type: http, url: "http://127.0.0.1:9/hooks"}}{more}
  mail: {{events: ["stripe/customer.*"], destination: {{type: http, url: "http://127.0.0.1:9/mail"}}}}
"""


@dataclass
class Dashboard:
    """A running gateway whose dashboard is looked at with `client`, as a browser keeps cookies."""

    target: Path | str
    url: str
    client: httpx.Client

    def get(self, path: str, **more: object) -> httpx.Response:
        return self.client.get(f"/ui{path}", **more)  # type: ignore[arg-type]

    def text(self, path: str) -> str:
        """The HTML of a page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def token(self) -> str:
        """The token that the forms of this session carry."""
        found = re.search(r'name="token" value="(\w+)"', self.text("/subscriptions"))
        assert found
        return found[1]

    def post(self, path: str, **form: str | list[str]) -> httpx.Response:
        """Send a form of our own; the answer is the page that it leads to."""
        data = {"token": self.token(), **form}
        return self.client.post(f"/ui{path}", data=data, follow_redirects=True)

    def send(self, page: httpx.Response) -> httpx.Response:
        """Send the form of ours that stands in a page's main part, as its button does."""
        form = re.search(r'<form method="post" action="/ui([^"]*)"(.*?)</form>', page.text, re.DOTALL)
        assert form, page.text
        sent: dict[str, list[str]] = {}
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[2]):
            sent.setdefault(name, []).append(html.unescape(value))
        return self.post(form[1], **sent)

    def sign_in(self, token: str = TOKEN) -> httpx.Response:
        return self.client.post("/ui/sign-in", data={"admin_token": token, "next": "/ui/events"})

    def do(self, job: Callable[[Store], Awaitable[Made]]) -> Made:
        """Do something to the store directly."""

        async def doing() -> Made:
            store = await open_store(self.target)
            try:
                return await job(store)
            finally:
                await store.close()

        # In a thread of its own: a browser's loop may be running in this one.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(doing())).result()

    def accept(self, *candidates: Candidate) -> list[Outcome]:
        """Store events, one request each."""

        async def job(store: Store) -> list[Outcome]:
            return [outcome for each in candidates for outcome in await store.accept([each])]

        return self.do(job)

    def refuse(self, refused: Rejection) -> None:
        self.do(lambda store: store.reject(refused))

    def states(self) -> list[str]:
        """The states of all deliveries, the newest first."""
        return [one.state for one in self.do(lambda store: store.deliveries(Query(limit=1000)))]

    def count(self, state: State) -> int:
        """How many deliveries are in a state."""
        return self.states().count(state)

    def end(self, state: State, **attempt: object) -> None:
        """Let every due delivery have one attempt that ends it as `state`."""
        now = round(time.time() * 1000)

        async def job(store: Store) -> None:
            free = {"app": 100, "mail": 100}
            for claimed in (await store.claim(free, dict.fromkeys(free, 60_000), now, "test")).claimed:
                one = claimed.delivery
                made = Attempt(one.delivery_id, one.attempts, now, 12, **attempt)  # type: ignore[arg-type]
                await store.settle(Settlement(made, state, now, 1, now))

        self.do(job)


Open = Callable[..., Dashboard]


@contextlib.contextmanager
def running(
    folder: Path,
    server: str = "",
    role: Role = UNDELIVERED,
    store: str = SQLITE,
    more: str = "",
    tokens: str = "",
    expect: str = "",
    config: str = CONFIG,
) -> Iterator[Dashboard]:
    """A gateway on a config and a store in `folder`, until the block ends."""
    text = config.format(server=server, store=store, more=more, expect=expect) + tokens
    (folder / "config.yaml").write_text(text)
    settings = load(folder / "config.yaml", {})
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        Gateway(settings, role), log_config=None, lifespan="on", interface="asgi3", ws="none"
    )
    serving = uvicorn.Server(config)
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listener]})
    thread.start()
    while not serving.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        with httpx.Client(base_url=url, trust_env=False) as client:
            yield Dashboard(settings.store.target, url, client)
    finally:
        serving.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def dashboard_of(tmp_path: Path) -> Iterator[Open]:
    """Starts a gateway: `dashboard_of(", admin_token: …")`."""
    with contextlib.ExitStack() as ending:
        yield lambda *parts, **more: ending.enter_context(running(tmp_path, *parts, **more))


@pytest.fixture
def dashboard(dashboard_of: Open) -> Dashboard:
    """A gateway without an admin token, on this machine only."""
    return dashboard_of()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window. Its loop runs in this thread, where the tests after it want theirs."""
    api = pytest.importorskip("playwright.sync_api", reason="needs: pip install playwright")
    if BROWSER is None:
        pytest.skip("needs a Chromium on the PATH: apt-get install chromium")
    with api.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def problems() -> Iterator[list[str]]:
    """What the console of the test's pages says, which must be nothing."""
    said: list[str] = []
    yield said
    assert said == []


def now() -> int:
    """Unix ms."""
    return round(time.time() * 1000)


def recent(id: str = "evt_1", **more: object) -> Candidate:
    """An event of now."""
    return event(id, at=now(), **more)  # type: ignore[arg-type]


def refused(**more: object) -> Rejection:
    """A request that was refused now."""
    return rejection(now(), **({"rejection_id": new_id(now())} | more))


def filled(dashboard: Dashboard) -> str:
    """Put some of everything into the store. Returns the event_id of an event with a copy."""
    [first, *_] = dashboard.accept(
        recent("evt_1", to=("app", "mail")),
        recent("evt_1", data='{"a":2}'),
        recent("evt_2", to=("app",)),
        recent("push_1", source="billing", name="github/push"),
    )
    dashboard.end("dead", status=500, response="no")
    dashboard.refuse(refused())
    return first.event_id
