"""The processes of a cluster: ingest and worker nodes, each with a config and a link of its own."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.network import Link
from tests.forked import Forked
from tests.service.conftest import environment, free_port

SECRET = "a secret that the cluster's provider signs with"
ORDERED = "ledger"
SUBSCRIPTIONS = ("app", "mail", ORDERED)


@dataclass
class Node:
    """One process. `role` is ingest or worker."""

    role: str
    name: str
    folder: Path
    link: Link
    port: int
    process: Forked | None = None
    frozen: bool = False

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the process; it is ready some time later."""
        command = [self.role, "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = Forked(command, self.folder, environment(), log, log)

    def tell(self, what: signal.Signals) -> None:
        """Send a signal, if the process is there."""
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, what)

    def kill(self) -> None:
        """kill -9, and wait for its end."""
        self.tell(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()


def make(role: str, number: int, folder: Path, link: Link, database: str, subscriber: str) -> Node:
    """A node that is not started yet."""
    name = f"{role}-{number}"
    home = folder / name
    home.mkdir()
    port = free_port()
    (home / "config.yaml").write_text(json.dumps(_config(port, link.port, database, subscriber)))
    return Node(role, name, home, link, port)


def _config(port: int, link: int, database: str, subscriber: str) -> dict[str, object]:
    signed = {"header": "X-Signature", "id": "body.id", "type": "body.type", "secrets": [SECRET]}
    retry = {"schedule": ["200ms"] * 100, "jitter": 0.2}
    return {
        "server": {"port": port, "shutdown_timeout": "3s"},
        "store": {"url": database.replace("PORT", str(link))},
        "sources": {"acme": {"adapter": "hmac", **signed}},
        "subscriptions": {
            name: {
                "events": ["hmac/**"],
                "destination": {"type": "http", "url": f"{subscriber}/{name}", "timeout": "3s"},
                "retry": retry,
                **({"order_by": "event.data.account"} if name == ORDERED else {}),
            }
            for name in SUBSCRIPTIONS
        },
    }
