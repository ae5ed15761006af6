"""examples/failure_handler.py behind a real gateway: it logs, alerts, and schedules a retry event."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.service.conftest import (
    SIGNING,
    Gateway,
    Start,
    Subscriber,
    eventually,
    free_port,
    prepare,
    start,
    stripe_event,
    subscriber,
)

__all__ = ["prepare", "start", "subscriber"]

ROOT = Path(__file__).parents[1]
KEY = "an-event-key"
ONCE = "retry: {schedule: []}"

Handler = Callable[..., subprocess.Popen[str]]


def subscriptions(port: int, retries: str, app: str = "http://127.0.0.1:9/nobody") -> str:
    """One that always fails, the handler, and who takes retry events."""

    def one(name: str, events: str, url: str, more: str = "") -> str:
        destination = f'{{type: http, url: "{url}", secrets: ["{SIGNING}"]}}'
        return f'{name}: {{events: ["{events}"], destination: {destination}{more}}}'

    failures = one("failures", "gateway/delivery.failed", f"http://127.0.0.1:{port}/failures")
    retried = one("retries", "ops/*", retries, f", {ONCE}")
    every = (one("app", "stripe/*", app, f", {ONCE}"), failures, retried)
    return f"{{{', '.join(every)}}}"


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[Handler]:
    """Starts the handler."""
    started: list[subprocess.Popen[str]] = []

    def one(port: int, gateway_url: str, **env: str) -> subprocess.Popen[str]:
        own = {"FAILURES_SECRET": SIGNING, "GATEWAY_EVENT_KEY": KEY, "GATEWAY_URL": gateway_url}
        command = [sys.executable, str(ROOT / "examples" / "failure_handler.py")]
        env = {**os.environ, **own, "PORT": str(port), **env}
        with (tmp_path / "handler.log").open("w") as log:
            started.append(subprocess.Popen(command, env=env, stderr=log, text=True))
        eventually(lambda: status(port) == 401)
        return started[-1]

    yield one
    for process in started:
        process.kill()
        process.wait()


def status(port: int) -> int | None:
    try:
        return httpx.post(f"http://127.0.0.1:{port}/failures", content=b"{}").status_code
    except httpx.ConnectError:
        return None


def test_a_dead_letter_is_logged_alerted_and_scheduled_again(
    start: Start, subscriber: Subscriber, handler: Handler, tmp_path: Path
) -> None:
    port, origin = free_port(), subscriber.url.removesuffix("/hooks")
    handler(port, origin, ALERT_URL=f"{origin}/alert")  # who takes events of one's own is the test itself
    gateway = start(subscriptions=subscriptions(port, subscriber.url))
    began = time.time()
    gateway.send(stripe_event("evt_1"))
    alert, retry = eventually(lambda: subscriber.events() if len(subscriber.got) == 2 else None)
    assert alert["text"].startswith("app did not get stripe/customer.created evt_1: ConnectError")
    assert "did not get stripe/customer.created evt_1" in (tmp_path / "handler.log").read_text()
    [failed] = gateway.rows("deliveries", "--state", "failed")
    assert (retry["name"], retry["id"]) == ("ops/delivery.retry_requested", f"retry-{failed['delivery_id']}")
    assert began + 300 <= retry["ts"] / 1000 <= time.time() + 300
    assert (retry["data"]["event"]["id"], retry["data"]["subscription"]) == ("evt_1", "app")
    assert retry["data"]["tries"] == 1


def test_a_handler_that_fails_gets_the_failure_again_and_emits_no_other(
    start: Start, subscriber: Subscriber, handler: Handler
) -> None:
    subscriber.answers = [(500, {}), (200, {}), (200, {})]  # the alert fails at first
    port, origin = free_port(), subscriber.url.removesuffix("/hooks")
    handler(port, origin, ALERT_URL=f"{origin}/alert")
    gateway = start(subscriptions=quickly(subscriptions(port, subscriber.url)))
    gateway.send(stripe_event("evt_1"))
    eventually(lambda: len(subscriber.got) == 3)
    assert [event["name"] for event in gateway.rows("events", "--source", "gateway")] == [
        "gateway/delivery.failed"
    ]


def quickly(text: str) -> str:
    """The same subscriptions, the handler's tried again at once."""
    return text.replace("failures: {", "failures: {retry: {schedule: [100ms]}, ")


def retried(gateway: Gateway) -> list[str]:
    return [event["id"] for event in gateway.rows("events", "--name", "ops/*")]


def test_the_retry_event_comes_when_it_is_due_and_three_times_at_most(
    prepare: Start, subscriber: Subscriber, handler: Handler
) -> None:
    port = free_port()
    subscriber.otherwise = 500
    gateway = prepare(subscriptions=subscriptions(port, subscriber.url))
    config = (gateway.folder / "config.yaml").read_text()
    gateway.configure(f"event_keys: [{KEY}]\n{config}")
    gateway.start()
    handler(port, gateway.url, RETRY_AFTER="1")
    gateway.send(stripe_event("evt_1"))
    eventually(lambda: len(subscriber.got) == 3)
    time.sleep(2)
    tries = [event["data"]["tries"] for event in subscriber.events()]
    assert tries == [1, 2, 3]
    assert all(event["data"]["event"]["id"] == "evt_1" for event in subscriber.events())
    assert len(set(retried(gateway))) == 3
