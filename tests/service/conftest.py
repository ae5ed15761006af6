"""A real gateway as a process, a real subscriber, and Stripe's own library as the signer."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from stripe import WebhookSignature

from tests import forked
from tests.forked import Forked
from tests.serving import Handler, serving

SECRET = "whsec_test_secret"
SIGNING = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SQLITE = "sqlite:///data/gateway.db"
CONFIG = """
server: {{port: {port}, shutdown_timeout: 3s{server}}}
store: {{url: "{url}"{store}}}
sources:
  stripe: {{adapter: stripe, secrets: ["{secret}"]{source}}}
subscriptions: {subscriptions}
"""


WEB = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))
"""A connection a request; each client of its own would read all certificate authorities first, 20 ms."""


def eventually(check: Callable[[], Any], within: float = 15.0) -> Any:
    """The first true answer of `check`, asked again and again for `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        if answer := check():
            return answer
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.02)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def stripe_event(id: str = "evt_1", type: str = "customer.created", **more: Any) -> dict[str, Any]:
    """An event in Stripe's shape."""
    base = {"id": id, "object": "event", "api_version": "2026-09-30", "created": int(time.time())}
    return base | {"type": type, "livemode": False, "data": {"object": {"id": "cus_1"}}} | more


def signed(body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers that Stripe's own library makes for `body`, signed at `at` (Unix seconds, default now)."""
    timestamp = int(time.time() if at is None else at)
    header = WebhookSignature.generate_signature_header(body.decode(), secret, timestamp)
    return {"content-type": "application/json", "stripe-signature": header}


@dataclass
class Subscriber:
    """A real HTTP server that keeps what it gets. `answers` are (status, headers) used up one a request."""

    url: str
    server: ThreadingHTTPServer
    got: list[tuple[dict[str, str], bytes, float]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    otherwise: int = 200
    delay: float = 0.0

    def events(self) -> list[dict[str, Any]]:
        """The bodies that came, as JSON."""
        return [json.loads(body) for _, body, _ in self.got]


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    """A subscriber on a free port."""

    class Answers(Handler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if len(body) < int(self.headers["content-length"]):
                return  # who sent it was killed meanwhile
            app.got.append(({k.lower(): v for k, v in self.headers.items()}, body, time.time()))
            time.sleep(app.delay)
            status, headers = app.answers.pop(0) if app.answers else (app.otherwise, {})
            self.send_response(status)
            for name, value in {"content-length": "2", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"ok")

    with serving(Answers) as server:
        app = Subscriber(f"http://127.0.0.1:{server.server_port}/hooks", server)
        yield app


@dataclass
class Gateway:
    """A gateway process on a config file of its own."""

    folder: Path
    port: int
    env: dict[str, str]
    process: Forked | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has said so far."""
        return (self.folder / "log").read_text()

    def start(self, *arguments: str, verb: str = "serve") -> None:
        """Start the process and wait until it can commit."""
        with (self.folder / "log").open("ab") as log:
            self.process = Forked([verb, *arguments], self.folder, self.env, log, log)
        eventually(self.is_ready)

    def is_ready(self) -> bool:
        """Whether it answers and can commit."""
        assert self.process is not None and self.process.poll() is None, self.log
        try:
            return WEB.get(f"{self.url}/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        self.stop(signal.SIGKILL)

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end. Returns the exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(20)

    def end(self) -> None:
        """Leave no process behind, whatever happened."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def send(self, event: dict[str, Any], secret: str = SECRET, source: str = "stripe") -> httpx.Response:
        """POST a signed event."""
        body = json.dumps(event).encode()
        return WEB.post(f"{self.url}/webhooks/{source}", content=body, headers=signed(body, secret))

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the same config."""
        return forked.run(arguments, self.folder, self.env)

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """What a list prints with --json."""
        done = self.cli(*arguments, "--json")
        assert done.returncode in (0, 1), done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def configure(self, text: str) -> None:
        """Write config.yaml."""
        (self.folder / "config.yaml").write_text(text)


def environment() -> dict[str, str]:
    """The environment of a gateway: this tree's code, and no variable that a config could ask for."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("GATEWAY_")}
    return own | {"PYTHONPATH": str(Path(__file__).parents[2])}


Start = Callable[..., Gateway]


@pytest.fixture
def prepare(tmp_path: Path) -> Iterator[Start]:
    """Makes a gateway that is not started yet: `prepare(subscriptions="{…}", source=", twins: merge")`.

    Several of one test need folders of their own: `prepare("node-1")`.
    """
    made: list[Gateway] = []

    def one(folder: str = ".", secret: str = SECRET, subscriptions: str = "{}", **parts: str) -> Gateway:
        (tmp_path / folder).mkdir(exist_ok=True)
        gateway = Gateway(tmp_path / folder, free_port(), environment())
        blanks = {"url": SQLITE, "server": "", "store": "", "source": ""} | parts
        gateway.configure(
            CONFIG.format(port=gateway.port, secret=secret, subscriptions=subscriptions, **blanks)
        )
        made.append(gateway)
        return gateway

    yield one
    for gateway in made:
        gateway.end()


@pytest.fixture
def start(prepare: Start) -> Start:
    """Makes and starts a gateway."""

    def one(**parts: str) -> Gateway:
        gateway = prepare(**parts)
        gateway.start()
        return gateway

    return one


def to(subscriber: Subscriber, events: str = "**", more: str = "", name: str = "app") -> str:
    """A subscription of `subscriber` in YAML, with quick retries."""
    return (
        f'{{{name}: {{events: ["{events}"], retry: {{schedule: [200ms, 200ms], jitter: 0}}, '
        f'destination: {{type: http, url: "{subscriber.url}", secrets: ["{SIGNING}"], timeout: 5s}}{more}}}}}'
    )
