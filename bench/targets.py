"""What is measured, how each server is started, and how it is stopped again."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import webhooks
from bench.receivers import DATABASE

START_SECONDS = 20.0
STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Target:
    """One row of the table. `rate` is requests a second, 0 for as fast as it goes; `duplicates` a share."""

    name: str
    title: str
    receiver: str | None = None
    duplicates: float = 0.0
    rate: float = 0.0
    delivers: bool = False

    def database(self, folder: Path) -> Path | None:
        """Where the events of a run lie afterwards; None for the ceiling, which keeps none."""
        if self.receiver is None:
            return folder / "data" / "gateway.db"
        return folder / DATABASE if self.receiver == "by-hand" else None


TARGETS = (
    Target("ceiling", "bare Starlette endpoint, nothing checked or kept: the ceiling", "ceiling"),
    Target("by-hand", "Starlette + stripe.Webhook.construct_event + one SQLite commit a request", "by-hand"),
    Target("gateway", "the gateway, no subscription"),
    Target("gateway, 30 % duplicates", "no subscription, 30 % of webhooks repeated", duplicates=0.3),
    Target("gateway, delivering", "the gateway, one subscription, delivering meanwhile", delivers=True),
    Target("gateway, 200 a second", "the same at 200 webhooks a second", rate=200.0, delivers=True),
)


@contextlib.contextmanager
def running(target: Target, folder: Path, subscriber: int) -> Iterator[int]:
    """Start the target's server with its data in `folder`; gives its port. `subscriber` is a port."""
    port = free_port()
    if target.receiver:
        command = ["bench.receivers", target.receiver, str(port), str(folder)]
    else:
        config = folder / "config.yaml"
        config.write_text(gateway_config(port, subscriber if target.delivers else None))
        command = ["gateway", "serve", "--config", str(config)]
    with started(command, folder / "server.log") as process:
        wait_until_ready(port, process, folder / "server.log")
        yield port


@contextlib.contextmanager
def started(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m command…`, its output in `log`; stop it at the end, by force if it must be."""
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", *command], stdout=output, stderr=output)
    try:
        yield process
        process.terminate()
        process.wait(STOP_SECONDS)
    finally:
        process.kill()
        process.wait()


def wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once /readyz answers; the hand-made servers have none, and a 404 of theirs will do."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            connection.request("GET", "/readyz")
            if connection.getresponse().status < 500:
                return
        time.sleep(0.05)
    raise SystemExit(f"a server did not start; it said:\n{log.read_text()[-2000:]}")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def gateway_config(port: int, subscriber: int | None) -> str:
    """One stripe source; with a subscriber's port, one subscription too. Everything else as shipped."""
    config = f"""\
server: {{host: 127.0.0.1, port: {port}}}
sources:
  stripe: {{adapter: stripe, secrets: [{webhooks.SECRET}]}}
"""
    if subscriber is None:
        return config
    secret = "whsec_" + base64.b64encode(bytes(range(32))).decode()
    return f"""{config}\
subscriptions:
  bench:
    events: ["stripe/*"]
    destination: {{type: http, url: "http://127.0.0.1:{subscriber}/hooks", secrets: ["{secret}"]}}
    concurrency: 64
"""
