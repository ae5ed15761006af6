"""Kill it, starve it, lock it: nothing acknowledged is lost, and what can't be stored is not acknowledged."""

from __future__ import annotations

import concurrent.futures
import os
import resource
import sqlite3
import time
from pathlib import Path

import httpx
import pytest

from tests.service.conftest import Gateway, Start, Subscriber, eventually, stripe_event, to


def send_until_killed(gateway: Gateway, threads: int, kill_after: float) -> set[str]:
    """Send distinct events as fast as possible, kill -9 meanwhile. Returns the acknowledged ids."""
    acknowledged: set[str] = set()

    def work(worker: int) -> None:
        with httpx.Client() as client:
            for n in range(100_000):
                event_id = f"evt_{worker}_{n}"
                try:
                    answer = send(client, gateway, event_id)
                except httpx.HTTPError:
                    return
                if answer.status_code == 200:
                    acknowledged.add(event_id)

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        for worker in range(threads):
            pool.submit(work, worker)
        time.sleep(kill_after)
        gateway.kill()
    return acknowledged


def send(client: httpx.Client, gateway: Gateway, event_id: str) -> httpx.Response:
    from tests.service.conftest import signed

    body = f'{{"id": "{event_id}", "object": "event", "type": "a.b", "created": {int(time.time())}}}'.encode()
    return client.post(f"{gateway.url}/webhooks/stripe", content=body, headers=signed(body))


def test_kill_9_under_load_loses_nothing_acknowledged(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber, "stripe/*"))
    acknowledged = send_until_killed(gateway, threads=8, kill_after=1.5)
    assert len(acknowledged) > 100
    gateway.start()
    stored = {event["id"] for event in gateway.rows("events", "--source", "stripe")}
    assert acknowledged <= stored
    eventually(lambda: {e["id"] for e in subscriber.events()} >= stored, within=40)
    assert not [d for d in gateway.rows("deliveries") if d["state"] == "dead"]


def test_a_restart_goes_on_with_retries_at_their_time(start: Start, subscriber: Subscriber) -> None:
    subscriber.answers = [(500, {})]
    more = to(subscriber).replace("[200ms, 200ms]", "[3s]")
    gateway = start(subscriptions=more)
    gateway.send(stripe_event("evt_1"))
    eventually(lambda: [d["attempts"] for d in gateway.rows("deliveries")] == [1])
    eventually(lambda: gateway.rows("deliveries")[0]["last_status"] == 500)
    gateway.kill()
    gateway.start()
    eventually(lambda: len(subscriber.got) == 2)
    assert 2.9 <= subscriber.got[1][2] - subscriber.got[0][2] < 5


def test_a_delayed_delivery_survives_a_restart(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber))
    due = int(time.time()) + 4
    gateway.send(stripe_event(created=due))
    gateway.kill()
    gateway.start()
    eventually(lambda: subscriber.got)
    assert due <= subscriber.got[0][2] < due + 1.5


def test_a_killed_workers_delivery_goes_on_after_a_restart(start: Start, subscriber: Subscriber) -> None:
    subscriber.delay = 3
    gateway = start(subscriptions=to(subscriber))
    gateway.send(stripe_event("evt_1"))
    eventually(lambda: subscriber.got)
    gateway.kill()
    subscriber.delay = 0
    gateway.start()
    eventually(lambda: [d["state"] for d in gateway.rows("deliveries")] == ["succeeded"])
    [event] = gateway.rows("event", "evt_1")
    attempts = event["deliveries"][0]["attempts"]
    assert [a["status"] for a in attempts] == [None, 200]
    assert "stopped" in attempts[0]["error"]


def test_a_graceful_stop_finishes_what_is_under_way(start: Start, subscriber: Subscriber) -> None:
    subscriber.delay = 1
    gateway = start(subscriptions=to(subscriber))
    gateway.send(stripe_event())
    eventually(lambda: subscriber.got)
    assert gateway.stop() == 0
    assert [d["state"] for d in gateway.rows("deliveries")] == ["succeeded"]


def test_a_graceful_stop_gives_back_what_does_not_finish(start: Start, subscriber: Subscriber) -> None:
    subscriber.delay = 8
    slow = to(subscriber).replace("timeout: 5s", "timeout: 20s")
    gateway = start(subscriptions=slow)
    gateway.send(stripe_event())
    eventually(lambda: subscriber.got)
    began = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - began < 7
    [delivery] = gateway.rows("deliveries")
    assert (delivery["state"], delivery["in_flight"]) == ("pending", False)


def test_a_graceful_stop_under_load_leaves_no_lease_behind(start: Start, subscriber: Subscriber) -> None:
    subscriber.delay = 1.0  # so that however slowly they are sent, some are left
    gateway = start(subscriptions=to(subscriber, "stripe/*", ", concurrency: 4"))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: gateway.send(stripe_event(f"evt_{n}")), range(120)))
    assert gateway.stop() == 0
    with sqlite3.connect(gateway.folder / "data" / "gateway.db") as db:
        counts = dict(db.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall())
        leases = db.execute("SELECT count(*) FROM deliveries WHERE leased_until IS NOT NULL").fetchone()
    db.close()
    assert counts["pending"] > 0 and sum(counts.values()) == 120
    assert leases == (0,)
    assert counts["succeeded"] == len(subscriber.got)


def test_a_full_disk_is_an_answer_and_heals(start: Start) -> None:
    gateway = start()
    assert gateway.process is not None
    assert gateway.send(stripe_event("evt_before")).status_code == 200
    size = os.path.getsize(gateway.folder / "data" / "gateway.db-wal")
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    refused = gateway.send(stripe_event("evt_full", pad="x" * 50_000))
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "store_unavailable")
    assert httpx.get(f"{gateway.url}/readyz").status_code == 503
    assert httpx.get(f"{gateway.url}/healthz").status_code == 200
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, unlimited)
    assert gateway.send(stripe_event("evt_after")).status_code == 200
    assert {e["id"] for e in gateway.rows("events")} == {"evt_before", "evt_after"}


def test_a_locked_store_is_an_answer_and_heals(start: Start) -> None:
    gateway = start()
    other = sqlite3.connect(gateway.folder / "data" / "gateway.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    body = stripe_event("evt_locked")
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(httpx.get, f"{gateway.url}/readyz", timeout=20)
        assert waiting.result().status_code == 503
    other.execute("ROLLBACK")
    other.close()
    assert eventually(lambda: gateway.send(body).status_code == 200)


# what stands in the place of the store's file -> what the message says
BROKEN = [
    (b"this is no database at all, but long enough to look at" * 30, "not a database"),  # another file
    (b"SQLite format 3\x00" + b"\xff" * 8000, "backup"),  # a damaged one
]


@pytest.mark.parametrize(("content", "says"), BROKEN)
def test_a_broken_store_stops_the_start_with_a_clear_error(prepare: Start, content: bytes, says: str) -> None:
    gateway = prepare()
    path = gateway.folder / "data" / "gateway.db"
    path.parent.mkdir()
    path.write_bytes(content)
    done = gateway.cli("serve")
    assert done.returncode == 3
    assert says in done.stderr and str(path) in done.stderr
    assert "Traceback" not in done.stderr
    assert Path(path).read_bytes() == content


def test_a_store_of_a_newer_gateway_is_refused(start: Start) -> None:
    gateway = start()
    gateway.stop()
    with sqlite3.connect(gateway.folder / "data" / "gateway.db") as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('gateway', 'm999', '')"
        )
    db.close()
    done = gateway.cli("serve")
    assert done.returncode == 3
    assert "newer gateway" in done.stderr and "m999" in done.stderr
