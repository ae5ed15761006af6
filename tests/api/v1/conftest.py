"""A real gateway on a free port, on the folder of the command line's tests; it delivers nothing by itself."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
import uvicorn

from gateway.app import Gateway, Role
from gateway.client import Gateway as Client
from gateway.config import load
from tests.cli.conftest import CONFIG, Home, empty, home  # noqa: F401 - fixtures

ADMIN, OPERATOR, READER = "admin-token-of-test", "operator-token-of-test", "reader-token-of-test"
TOKENS = f"""
api_tokens:
  - {{name: op, token: {OPERATOR}, scopes: [operate]}}
  - {{name: grafana, token: {READER}}}
"""
SECRET = "whsec_" + "11" * 32


@dataclass
class Served:
    """A gateway that answers."""

    home: Home
    url: str
    gateway: Gateway

    def ask(self, method: str, path: str, token: str | None = ADMIN, **how: object) -> httpx.Response:
        """One request to the API."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        headers |= how.pop("headers", {})  # type: ignore[arg-type]
        return httpx.request(method, f"{self.url}/api/v1{path}", headers=headers, verify=False, **how)  # type: ignore[arg-type]

    def get(self, path: str, token: str | None = ADMIN, **query: object) -> httpx.Response:
        return self.ask("GET", path, token, params=query)

    def post(self, path: str, token: str | None = ADMIN, **body: object) -> httpx.Response:
        return self.ask("POST", path, token, json=body)

    def client(self, token: str | None = ADMIN) -> Client:
        return Client(self.url, token)


Serve = Callable[..., Served]


@pytest.fixture
def serve(home: Home) -> Iterator[Serve]:  # noqa: F811
    """Serves `home` with another config: `serve(server="admin_token: abc", more=TOKENS)`."""
    with contextlib.ExitStack() as ending:
        yield lambda **parts: ending.enter_context(serving(home, **parts))


@pytest.fixture
def served(serve: Serve) -> Served:
    """A gateway with an admin token and two others."""
    return serve(server=f"admin_token: {ADMIN}", more=TOKENS)


@contextlib.contextmanager
def serving(
    home: Home,  # noqa: F811
    clock: Callable[[], float] = time.time,
    server: str = "",
    more: str = "",
    source: str = "",
    url: str = "sqlite:///data/gateway.db",
) -> Iterator[Served]:
    """A gateway in a thread of its own, until the block ends."""
    text = CONFIG.replace("port: 8080}", f"port: 8080{', ' if server else ''}{server}}}") + more
    text = text.replace("quarantine: true}", f"quarantine: true{', ' if source else ''}{source}}}")
    home.config.write_text(text.replace("sqlite:///data/gateway.db", url))
    settings = load(home.config, {"STRIPE_SECRET": SECRET, "BILLING_SECRET": "b" * 20})
    gateway = Gateway(settings, Role(delivers=False), clock)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(gateway, log_config=None, lifespan="on", ws="none", interface="asgi3")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        assert httpx.get(f"{url}/readyz").status_code == 200
        yield Served(home, url, gateway)
    finally:
        running.should_exit = True
        thread.join(20)
        listener.close()
