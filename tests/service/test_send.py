"""Events sent to a real gateway, with Inngest's official packages for Python and Node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.service.conftest import Gateway, Start, Subscriber, eventually, stripe_event, to
from tests.serving import serving

KEY = "shop-key-0001"
PACKAGE = "inngest@4.24.0"
"""The official package for Node: https://www.npmjs.com/package/inngest, seen 2026-11-24."""

PAID = "order/invoice.paid"
Sends = Callable[..., Any]
"""Sends events, `[{…}, …]`, to a URL with a key. Returns their ids, or raises Told."""


class Told(Exception):
    """What an official package says when a send fails."""


def sending(*command: str, folder: Path) -> Sends:
    """Sends with a program that uses an official package."""

    def send(url: str, events: list[dict[str, Any]], key: str = KEY) -> list[str]:
        env = os.environ | {"GATEWAY_URL": url, "EVENT_KEY": key}
        typed = [*command, json.dumps(events)]
        said = subprocess.run(typed, cwd=folder, env=env, capture_output=True, text=True, timeout=60)
        assert said.stdout, said.stderr
        answer = json.loads(said.stdout.splitlines()[-1])
        if "error" in answer:
            raise Told(answer["error"])
        return list(answer["ids"])

    return send


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package from npm; skips where there is no Node 20 or no way to npm's registry."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("node")
    install = ["npm", "install", "--no-audit", "--no-fund", "--omit=optional", "--ignore-scripts", PACKAGE]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode:
        pytest.skip(f"npm could not install {PACKAGE}: {done.stderr.strip()[-300:]}")
    shutil.copy(Path(__file__).with_name("official.mjs"), folder)
    return folder


@pytest.fixture(params=["python", "node"])
def send(request: pytest.FixtureRequest) -> Sends:
    """Sends with one official package, then with the other."""
    if request.param == "python":
        return sending(sys.executable, "official.py", folder=Path(__file__).parent)
    return sending("node", "official.mjs", folder=request.getfixturevalue("node_modules"))


@dataclass
class Relay:
    """A way to the gateway that swallows the first `losses` answers, after the gateway has given them."""

    losses: int
    target: str = ""
    url: str = ""
    seeds: list[str | None] = field(default_factory=list)


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A relay that loses two answers."""
    made = Relay(losses=2)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.seeds.append(self.headers["x-inngest-event-id-seed"])
            seed = {"x-inngest-event-id-seed": self.headers["x-inngest-event-id-seed"]}
            answer = httpx.post(made.target + self.path, content=body, headers=seed)
            if len(made.seeds) > made.losses:
                self.send_response(answer.status_code)
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    with serving(Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}"
        yield made


def keyed(prepare: Start, folder: str = ".", **parts: str) -> Gateway:
    """A started gateway with an event key."""
    gateway = prepare(folder, **parts)
    config = (gateway.folder / "config.yaml").read_text()
    gateway.configure(f"{config}event_keys: {{shop: {KEY}}}\n")
    gateway.start()
    return gateway


def test_an_official_package_sends_and_a_subscriber_gets(
    prepare: Start, subscriber: Subscriber, send: Sends
) -> None:
    gateway = keyed(prepare, subscriptions=to(subscriber, "order/*"))
    sent = [
        {"name": PAID, "id": "inv-1", "data": {"amount": 7}},
        {"name": "order/invoice.sent", "data": {"b": []}},
    ]
    ids = send(gateway.url, sent)
    stored = {row["event_id"]: row for row in gateway.rows("events")}
    assert [stored[id]["name"] for id in ids] == [PAID, "order/invoice.sent"]
    assert [stored[id]["data"] for id in ids] == [{"amount": 7}, {"b": []}]
    assert (stored[ids[0]]["id"], stored[ids[0]]["source"]) == ("inv-1", "api")
    assert stored[ids[0]]["attributes"]["event_key"] == "shop"
    eventually(lambda: len(subscriber.got) == 2)
    assert {event["name"] for event in subscriber.events()} == {PAID, "order/invoice.sent"}


def test_an_official_package_is_told_why(prepare: Start, send: Sends) -> None:
    gateway = keyed(prepare)
    with pytest.raises(Told, match="event 1: name begins as system events do"):
        send(gateway.url, [{"name": PAID}, {"name": "gateway/delivery.failed"}])
    with pytest.raises(Told, match="Event key not found"):
        send(gateway.url, [{"name": PAID}], key="another-key")
    assert gateway.rows("events") == []


def test_a_retry_of_an_official_package_is_no_second_event(prepare: Start, relay: Relay, send: Sends) -> None:
    gateway = keyed(prepare)
    relay.target = gateway.url
    ids = send(relay.url, [{"name": PAID}, {"name": PAID, "id": "inv-1"}])
    assert len(relay.seeds) == 3 and len({*relay.seeds}) == 1
    assert sorted(ids) == sorted(row["event_id"] for row in gateway.rows("events"))
    assert len(gateway.rows("duplicates")) == 4


def test_an_id_that_was_sent_before_is_answered_with_the_first(prepare: Start, send: Sends) -> None:
    gateway = keyed(prepare)
    event = {"name": PAID, "id": "inv-1", "data": {"a": 1}}
    assert send(gateway.url, [event]) == send(gateway.url, [event])
    assert len(gateway.rows("events")) == 1


def test_what_was_answered_survives_a_power_cut(prepare: Start) -> None:
    gateway = keyed(prepare)
    answer = httpx.post(f"{gateway.url}/e/{KEY}", json=[{"name": PAID}] * 20)
    gateway.kill()
    assert sorted(row["event_id"] for row in gateway.rows("events")) == sorted(answer.json()["ids"])


def test_a_gateway_delivers_to_another_by_its_send_api(prepare: Start) -> None:
    second = keyed(prepare, "second")
    destination = f'{{type: inngest, base_url: "{second.url}", event_key: {KEY}}}'
    first = prepare("first", subscriptions=f'{{on: {{events: ["stripe/*"], destination: {destination}}}}}')
    first.start()
    [event_id] = first.send(stripe_event("evt_1")).json()["ids"]
    [arrived] = eventually(lambda: second.rows("events"))
    assert (arrived["id"], arrived["name"], arrived["source"]) == (event_id, "stripe/customer.created", "api")
    assert arrived["data"]["id"] == "evt_1"
    [delivery] = eventually(lambda: first.rows("deliveries", "--state", "succeeded"))
    [attempt] = json.loads(first.cli("event", event_id, "--json").stdout)["deliveries"][0]["attempts"]
    assert json.loads(attempt["response"]) == {"id": arrived["event_id"]}
    assert delivery["last_status"] in (None, 200)
