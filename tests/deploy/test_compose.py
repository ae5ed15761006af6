"""Compose and nginx agree with each other; nginx spreads requests over real nodes and outlives one."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from ipaddress import ip_address, ip_network
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.deploy.files import COMPOSE, DEPLOY, NGINX, NODES, ROOT, WAYS, dockerfile, loaded
from tests.service.conftest import SECRET, eventually, free_port, signed, stripe_event

PROGRAM = shutil.which("nginx")
needs_nginx = pytest.mark.skipif(PROGRAM is None, reason="nginx is not installed")

INGEST = {name: one for name, one in NODES.items() if one["command"][0] == "ingest"}
UPSTREAM = re.findall(r"^ *server (\S+):(\d+) max_fails", NGINX, re.MULTILINE)


def test_nginx_asks_the_nodes_by_their_addresses() -> None:
    fixed = {one["networks"]["edge"]["ipv4_address"] for one in INGEST.values()}
    assert {address for address, _ in UPSTREAM} == fixed and len(fixed) == len(INGEST) == 2
    assert {port for _, port in UPSTREAM} == {dockerfile("EXPOSE")}


def test_fixed_addresses_are_never_given_to_another() -> None:
    (pool,) = COMPOSE["networks"]["edge"]["ipam"]["config"]
    for one in (*INGEST.values(), COMPOSE["services"]["nginx"]):
        address = ip_address(one["networks"]["edge"]["ipv4_address"])
        assert address in ip_network(pool["subnet"]) and address not in ip_network(pool["ip_range"])


def test_senders_addresses_are_believed_of_nginx_alone() -> None:
    nginx = COMPOSE["services"]["nginx"]["networks"]["edge"]["ipv4_address"]
    assert {one["environment"]["FORWARDED_ALLOW_IPS"] for one in INGEST.values()} == {nginx}


def test_nginx_takes_the_bodies_that_the_gateway_takes(tmp_path: Path) -> None:
    server = loaded(WAYS["compose"], tmp_path).server
    assert f"client_max_body_size {server.max_body // 2**20}m;" in NGINX and server.max_body % 2**20 == 0
    assert f"client_body_timeout {server.body_timeout:.0f}s;" in NGINX
    (listening,) = re.findall(r"^ *listen (\d+)", NGINX, re.MULTILINE)
    assert COMPOSE["services"]["nginx"]["ports"][0].endswith(f":{listening}")


def test_every_service_is_confined() -> None:
    for name, one in COMPOSE["services"].items():
        assert one["read_only"] is True and one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
    assert COMPOSE["networks"]["store"] == {"internal": True}
    assert COMPOSE["services"]["postgres"]["networks"] == ["store"]


def test_the_example_names_every_variable_and_git_takes_no_secret() -> None:
    text = (DEPLOY / "compose" / "docker-compose.yaml").read_text()
    example = (DEPLOY / "compose" / ".env.example").read_text()
    assert set(re.findall(r"\$\{(\w+)", text)) == set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    assert {".env", "secrets/"} <= set((DEPLOY / "compose" / ".gitignore").read_text().split())
    assert all(one["file"].startswith("./secrets/") for one in COMPOSE["secrets"].values())


@needs_nginx
def test_nginx_takes_its_config() -> None:
    command = [str(PROGRAM), "-t", "-q", "-c", str(DEPLOY / "compose" / "nginx.conf")]
    assert subprocess.run(command, capture_output=True, timeout=30).stderr == b""


# nginx and two nodes, for real


@contextlib.contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block, however that ends."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "FORWARDED_ALLOW_IPS": "127.0.0.1"}
    with log.open("ab") as errors, subprocess.Popen(command, stderr=errors, env=env) as process:
        try:
            yield process
        finally:
            process.terminate()


@pytest.fixture
def ports() -> list[int]:
    """Of nginx and of two nodes."""
    return [free_port() for _ in range(3)]


@pytest.fixture
def nodes(tmp_path: Path, database: str, ports: list[int]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """nginx with the config of deploy/ but for ports and folder, before two nodes on one database."""
    config = tmp_path / "config.yaml"
    source = f"{{adapter: stripe, secrets: [{SECRET}]}}"
    config.write_text(f"store: {{url: '{database}', connections: 2}}\nsources: {{stripe: {source}}}\n")
    text = NGINX.replace("listen 8080", f"listen 127.0.0.1:{ports[0]}").replace("/tmp/", f"{tmp_path}/")
    for (address, port), own in zip(UPSTREAM, ports[1:], strict=True):
        text = text.replace(f"{address}:{port}", f"127.0.0.1:{own}")
    (tmp_path / "nginx.conf").write_text(text)
    node = [sys.executable, "-m", "gateway", "ingest", "--config", str(config), "--port"]
    nginx = [str(PROGRAM), "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;"]
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(running([*node, str(port)], tmp_path / "log")) for port in ports[1:]]
        stack.enter_context(running(nginx, tmp_path / "log"))
        eventually(lambda: all(map(is_ready, ports[1:])) and is_ready(ports[0], "nginx-health"))
        yield started


def is_ready(port: int, path: str = "readyz") -> bool:
    """Whether it answers 200."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/{path}", timeout=3).status_code == 200
    except httpx.HTTPError:
        return False


def post(client: httpx.Client, port: int, id: str) -> httpx.Response:
    """One webhook through nginx, which claims to come from elsewhere."""
    body = json.dumps(stripe_event(id)).encode()
    headers = signed(body) | {"x-forwarded-for": "203.0.113.6"}
    return client.post(f"http://127.0.0.1:{port}/webhooks/stripe", content=body, headers=headers)


@needs_nginx
def test_a_node_that_is_killed_costs_no_webhook(
    nodes: list[subprocess.Popen[bytes]], ports: list[int], database: str
) -> None:
    # 127.0.0.2: nginx itself comes from 127.0.0.1
    with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2"), timeout=20) as client:
        before = [post(client, ports[0], f"evt_{n}").status_code for n in range(20)]
        nodes[0].kill()
        after = [post(client, ports[0], f"evt_{n}").status_code for n in range(20, 60)]
    assert set(before + after) == {200}
    with psycopg.connect(database) as db:
        assert db.execute("select count(*), array_agg(distinct remote_addr) from events").fetchone() == (
            60,
            ["127.0.0.2"],
        )


@needs_nginx
def test_what_a_killed_node_had_in_its_hands_goes_to_the_other(
    nodes: list[subprocess.Popen[bytes]], ports: list[int]
) -> None:
    with httpx.Client(timeout=20) as client, ThreadPoolExecutor(8) as senders:
        nodes[0].send_signal(signal.SIGSTOP)
        sent = [senders.submit(post, client, ports[0], f"evt_{n}") for n in range(8)]
        _, held = wait(sent, timeout=1)
        nodes[0].kill()
        assert held, "the node that hangs was asked nothing"
        assert {one.result().status_code for one in sent} == {200}


@needs_nginx
def test_without_any_node_the_sender_is_asked_to_come_again(
    nodes: list[subprocess.Popen[bytes]], ports: list[int]
) -> None:
    for node in nodes:
        node.kill()
    with httpx.Client(timeout=20) as client:
        answer = post(client, ports[0], "evt_1")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert client.get(f"http://127.0.0.1:{ports[0]}/readyz").status_code == 404
