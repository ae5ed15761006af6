"""Starting, checking and reloading a real gateway."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.service.conftest import Gateway, Start, eventually, free_port, stripe_event

ROOT = Path(__file__).parents[2]


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Gateway]:
    """The config that ships with the project, on a free port, with no variable set."""
    port = free_port()
    text = (ROOT / "config.yaml").read_text().replace("8080", str(port))
    (tmp_path / "config.yaml").write_text(text)
    env = {k: v for k, v in os.environ.items() if not k.endswith(("_SECRET", "_TOKEN", "_KEY"))}
    gateway = Gateway(tmp_path, port, env | {"PYTHONPATH": str(ROOT)})
    yield gateway
    gateway.end()


def test_development_mode_makes_the_secrets_and_shows_them_once(example: Gateway) -> None:
    example.start("--dev")
    first = example.log
    assert "gateway trigger stripe customer.created" in first
    assert f"stripe listen --forward-to http://127.0.0.1:{example.port}/webhooks/stripe" in first
    kept = example.folder / "data" / "dev-secrets.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    secret = next(line.split()[-1] for line in first.splitlines() if "sources.stripe" in line)
    assert example.send(stripe_event("evt_1"), secret).status_code == 200
    example.stop()
    example.start("--dev")
    assert example.log.count(secret) == 1
    assert example.send(stripe_event("evt_2"), secret).status_code == 200
    example.stop()


def test_a_triggered_sample_goes_through(example: Gateway) -> None:
    example.start("--dev")
    sent = example.cli("trigger", "stripe", "customer.created", "--id", "evt_demo", "--copies", "2")
    assert sent.returncode == 0, sent.stderr
    assert [e["name"] for e in example.rows("events", "--source", "stripe")] == ["stripe/customer.created"]
    assert len(example.rows("duplicates")) == 1
    assert example.cli("trigger", "github", "push").returncode == 0
    assert [e["name"] for e in example.rows("events", "--source", "github")] == ["github/push"]
    example.stop()


def test_without_it_a_missing_secret_names_the_source_and_the_variable(example: Gateway) -> None:
    done = example.cli("serve")
    assert done.returncode == 2
    assert "sources.stripe" in done.stderr and "STRIPE_WEBHOOK_SECRET" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reachable_address_without_a_token_is_refused(prepare: Start) -> None:
    gateway = prepare(server=", host: 0.0.0.0")
    done = gateway.cli("serve")
    assert done.returncode == 2
    assert "admin_token" in done.stderr


def test_a_taken_port_is_one_clear_line(prepare: Start) -> None:
    gateway = prepare()
    with socket.create_server(("127.0.0.1", gateway.port)):
        done = gateway.cli("serve")
    assert done.returncode == 1
    assert f"port {gateway.port}" in done.stderr and "server.port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_gateway_on_the_same_store_is_refused(start: Start) -> None:
    gateway = start()
    gateway.configure((gateway.folder / "config.yaml").read_text().replace(str(gateway.port), "0"))
    done = gateway.cli("serve")
    assert done.returncode == 1
    assert f"another gateway (process {gateway.process.pid}, {gateway.url})" in done.stderr  # type: ignore
    assert gateway.cli("reload").returncode == 0


def test_check_prints_what_it_comes_to_and_no_secret(start: Start) -> None:
    gateway = start()
    done = gateway.cli("check")
    assert done.returncode == 0
    assert "POST /webhooks/stripe" in done.stdout and "3d" in done.stdout
    assert "whsec_test_secret" not in done.stdout


def test_check_names_key_line_and_remedy(prepare: Start) -> None:
    gateway = prepare(source=", twinz: merge")
    done = gateway.cli("check")
    assert done.returncode == 2
    assert "config.yaml:5: sources.stripe.twinz: unknown key; did you mean 'twins'?" in done.stderr


def test_a_reload_applies_a_changed_file_without_dropping_a_request(start: Start) -> None:
    gateway = start()
    answers: list[int] = []
    stop = threading.Event()

    def send() -> None:
        n = 0
        while not stop.is_set():
            answers.append(gateway.send(stripe_event(f"evt_{n}")).status_code)
            n += 1

    sender = threading.Thread(target=send)
    sender.start()
    text = (gateway.folder / "config.yaml").read_text()
    gateway.configure(
        text.replace("  stripe:", "  stripe-eu: {adapter: stripe, secrets: [whsec_eu]}\n  stripe:")
    )
    assert gateway.cli("reload").returncode == 0
    assert gateway.send(stripe_event("evt_eu"), "whsec_eu", "stripe-eu").status_code == 200
    stop.set()
    sender.join()
    assert len(answers) > 5 and set(answers) == {200}


def test_an_invalid_file_is_refused_and_the_old_one_stays(start: Start) -> None:
    gateway = start()
    gateway.configure(
        (gateway.folder / "config.yaml").read_text().replace("adapter: stripe", "adapter: strip")
    )
    done = gateway.cli("reload")
    assert done.returncode == 2
    assert "strip" in done.stderr and "stays in force" in done.stderr
    assert gateway.send(stripe_event()).status_code == 200


def test_sighup_reloads_too(start: Start) -> None:
    gateway = start()
    text = (gateway.folder / "config.yaml").read_text()
    gateway.configure(text.replace("whsec_test_secret", "whsec_next"))
    assert gateway.process is not None
    gateway.process.send_signal(signal.SIGHUP)
    eventually(lambda: gateway.send(stripe_event(), "whsec_next").status_code == 200)
    assert gateway.send(stripe_event()).status_code == 401


def test_a_reload_is_in_the_audit_log_with_who_asked_for_it(start: Start) -> None:
    gateway = start()
    assert gateway.cli("reload").returncode == 0
    good = (gateway.folder / "config.yaml").read_text()
    gateway.configure("sorces: {}")
    assert gateway.process is not None
    gateway.process.send_signal(signal.SIGHUP)
    eventually(lambda: "config refused" in gateway.log)
    gateway.configure(good)
    rows = eventually(lambda: len(found := gateway.rows("audit")) == 3 and found)
    assert sorted((row["via"], row["outcome"]) for row in rows) == [
        ("cli", "done"), ("server", "done"), ("server", "refused"),
    ]  # fmt: skip


def test_who_follows_does_not_hold_up_the_stop(start: Start) -> None:
    gateway = start()
    cursor = httpx.get(f"{gateway.url}/api/v1/tail").json()["next"]
    with ThreadPoolExecutor(1) as thread:
        asked = {"cursor": cursor, "wait": 20_000}
        waiting = thread.submit(httpx.get, f"{gateway.url}/api/v1/tail", params=asked, timeout=30)
        time.sleep(0.5)
        assert gateway.stop() == 0
        assert waiting.result().json() == {"items": [], "next": cursor}


def test_a_reload_says_what_takes_a_restart(start: Start) -> None:
    gateway = start()
    gateway.configure((gateway.folder / "config.yaml").read_text().replace(str(gateway.port), "1"))
    done = gateway.cli("reload")
    assert done.returncode == 0
    assert "server.port" in done.stderr


def test_deliveries_that_nobody_makes_are_told_at_the_start(prepare: Start) -> None:
    destination = '{type: http, url: "http://127.0.0.1:1"}'
    nowhere = f'old: {{events: ["**"], destination: {destination}, retry: {{schedule: [1h]}}}}'
    gateway = prepare(subscriptions=f"{{{nowhere}}}")
    gateway.start()
    gateway.send(stripe_event())
    eventually(lambda: gateway.rows("deliveries")[0]["last_error"])
    gateway.stop()
    gateway.configure((gateway.folder / "config.yaml").read_text().replace(f"{{{nowhere}}}", "{}"))
    gateway.start()
    assert "1 deliveries wait for the subscription 'old'" in gateway.log


def test_reloading_what_does_not_run_says_so(prepare: Start) -> None:
    done = prepare().cli("reload")
    assert done.returncode == 1
    assert "no gateway runs" in done.stderr


def test_health_and_readiness(start: Start) -> None:
    gateway = start()
    assert httpx.get(f"{gateway.url}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{gateway.url}/readyz").json() == {"status": "ready"}


def test_an_idle_gateway_writes_nothing(start: Start) -> None:
    gateway = start(
        subscriptions='{a: {events: ["**"], destination: {type: http, url: "http://127.0.0.1:1"}}}'
    )
    time.sleep(0.5)
    files = list((gateway.folder / "data").glob("gateway.db*"))
    before = {file.name: file.stat().st_mtime_ns for file in files if not file.name.endswith("-shm")}
    time.sleep(2.5)
    assert {name: (gateway.folder / "data" / name).stat().st_mtime_ns for name in before} == before


def test_the_module_and_the_script_are_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "--version"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout.startswith("gateway ")
