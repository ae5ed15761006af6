"""The gateway on PostgreSQL, as real processes: the whole path, several nodes, a server that goes away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from tests.postgres import Server
from tests.service.conftest import Gateway, Start, Subscriber, eventually, stripe_event, to
from tests.service.test_metrics import metrics

Node = Callable[..., Gateway]


@pytest.fixture
def node(prepare: Start, database: str, subscriber: Subscriber) -> Node:
    """Starts a node on the test's database: `node("ingest-1", verb="ingest")`."""

    def one(folder: str = ".", *arguments: str, verb: str = "serve", url: str = database) -> Gateway:
        gateway = prepare(folder, url=url, subscriptions=to(subscriber, "stripe/*"))
        gateway.start(*arguments, verb=verb)
        return gateway

    return one


def delivered(subscriber: Subscriber) -> list[str]:
    return sorted(event["id"] for event in subscriber.events())


def test_a_webhook_goes_the_whole_path(node: Node, subscriber: Subscriber) -> None:
    gateway = node()
    answer = gateway.send(stripe_event("evt_1"))
    assert (answer.status_code, answer.json()["duplicates"]) == (200, 0)
    assert gateway.send(stripe_event("evt_1")).json()["duplicates"] == 1
    eventually(lambda: delivered(subscriber) == ["evt_1"])
    eventually(lambda: [row["state"] for row in gateway.rows("deliveries")] == ["succeeded"])


def test_a_failed_delivery_is_tried_again_by_the_schedule(node: Node, subscriber: Subscriber) -> None:
    subscriber.answers = [(500, {}), (503, {})]
    gateway = node()
    gateway.send(stripe_event("evt_1"))
    eventually(lambda: len(subscriber.got) == 3)
    times = [at for _, _, at in subscriber.got]
    assert all(0.15 < later - earlier < 3 for earlier, later in zip(times, times[1:], strict=False))


def test_what_a_killed_node_held_is_delivered_by_another(
    node: Node, subscriber: Subscriber, database: str
) -> None:
    first = node("first")
    subscriber.delay = 1
    first.send(stripe_event("evt_1"))
    eventually(lambda: subscriber.got)
    first.kill()
    node("third", verb="worker")
    assert delivered(subscriber) == ["evt_1"]
    with psycopg.connect(database) as db:  # as if so much time had passed
        db.execute("UPDATE deliveries_pending SET leased_until = now_ms()")
    eventually(lambda: delivered(subscriber) == ["evt_1", "evt_1"])


def test_two_nodes_receive_and_a_third_delivers(node: Node, subscriber: Subscriber) -> None:
    ingesting = [node(f"ingest-{n}", verb="ingest") for n in (1, 2)]
    worker = node("worker", "--subscriptions", "app", verb="worker")
    ids = [f"evt_{n}" for n in range(40)]
    sent = [(gateway, event) for event in map(stripe_event, ids) for gateway in ingesting]
    with ThreadPoolExecutor(8) as senders:
        answers = [answer.json() for answer in senders.map(lambda one: one[0].send(one[1]), sent)]
    assert sum(answer["duplicates"] for answer in answers) == 40
    eventually(lambda: len(subscriber.got) >= 40)
    assert delivered(subscriber) == sorted(ids)
    assert worker.send(stripe_event("evt_x")).status_code == 404


def test_each_role_tells_its_own_part_in_its_metrics(node: Node, subscriber: Subscriber) -> None:
    ingesting, worker = node("ingest", verb="ingest"), node("worker", verb="worker")
    for n in range(3):
        ingesting.send(stripe_event(f"evt_{n}"))
    eventually(lambda: metrics(worker).get("gateway_delivery_seconds_count{subscription=app}") == 3)
    came, went = metrics(ingesting), metrics(worker)
    assert (
        came["gateway_events_total{source=stripe}"] == came["gateway_ack_seconds_count{source=stripe}"] == 3
    )
    assert "gateway_delivery_seconds_count{subscription=app}" not in came
    assert "gateway_ack_seconds_count{source=stripe}" not in went
    for page in (came, went):  # what is in the store, all nodes tell alike
        shared = ("gateway_deliveries_waiting", "gateway_oldest_due_seconds", "gateway_breaker_state")
        assert all(f"{name}{{subscription=app}}" in page for name in shared)
        assert page["gateway_commit_writes_count"] > 0


def test_a_worker_hears_at_once_of_what_another_node_stored(node: Node, subscriber: Subscriber) -> None:
    ingesting = node("ingest", verb="ingest")
    node("worker", verb="worker")
    took = []
    for n in range(4):
        assert ingesting.send(stripe_event(f"evt_{n}")).status_code == 200
        sent = time.time()
        eventually(lambda: len(subscriber.got) > len(took))
        took.append(subscriber.got[n][2] - sent)
    assert sorted(took)[1] < 0.5, "it is found by polling, not by a notice"


def test_several_processes_share_one_database(node: Node, subscriber: Subscriber) -> None:
    gateway = node(".", "--workers", "2")
    eventually(lambda: gateway.log.count("listening on") == 2)
    ids = [f"evt_{n}" for n in range(30)]
    assert all(gateway.send(stripe_event(id)).status_code == 200 for id in ids)
    eventually(lambda: delivered(subscriber) == sorted(ids))
    assert gateway.stop() == 0


def test_every_command_works_on_it(node: Node, subscriber: Subscriber) -> None:
    gateway = node("ingest", verb="ingest")
    event = stripe_event("evt_1")
    for one in (event, event, stripe_event("evt_2")):
        assert gateway.send(one).status_code == 200
    assert gateway.send(stripe_event("evt_3"), "whsec_wrong").status_code == 401
    assert [row["id"] for row in gateway.rows("events", "--name", "stripe/*")] == ["evt_2", "evt_1"]
    assert [row["id"] for row in gateway.rows("duplicates")] == ["evt_1"]
    eventually(lambda: [row["reason"] for row in gateway.rows("rejections")] == ["bad_signature"])
    assert "evt_1" in gateway.cli("event", "evt_1").stdout
    [second, first] = gateway.rows("deliveries", "--state", "pending")
    assert gateway.cli("cancel", first["delivery_id"]).returncode == 0
    assert [row["state"] for row in gateway.rows("deliveries")] == ["pending", "cancelled"]
    assert gateway.cli("replay", "evt_1").returncode == 0
    assert len(gateway.rows("deliveries", "--state", "pending")) == 2
    assert gateway.cli("purge", "--event", second["event_id"]).returncode == 0
    assert gateway.cli("purge").returncode == 0
    assert "evt_2" not in {row["id"] for row in gateway.rows("events")}
    assert "up to date" in gateway.cli("migrate").stdout
    assert "up to date" in gateway.cli("migrate", "--plan").stdout


def test_nothing_acknowledged_is_lost_when_the_server_is_restarted(
    node: Node, own_server: Server, subscriber: Subscriber
) -> None:
    gateway = node(url=own_server.url("own"))
    sending, statuses, retry_after = _Sending(gateway), set[int](), set[str | None]()
    sending.start()
    eventually(lambda: len(sending.answers) > 30)
    own_server.stop()
    eventually(lambda: any(answer.status_code == 503 for _, answer in list(sending.answers)))
    assert httpx.get(f"{gateway.url}/readyz", timeout=10).status_code == 503
    assert httpx.get(f"{gateway.url}/healthz").status_code == 200
    own_server.start()
    eventually(gateway.is_ready)
    after = len(sending.answers)
    eventually(lambda: any(answer.status_code == 200 for _, answer in list(sending.answers)[after:]))
    sending.end()
    for _, answer in sending.answers:
        statuses.add(answer.status_code)
        retry_after.add(answer.headers.get("retry-after") if answer.status_code == 503 else "5")
    assert statuses == {200, 503} and None not in retry_after
    taken = {id for id, answer in sending.answers if answer.status_code == 200}
    assert taken <= {row["id"] for row in gateway.rows("events")}
    eventually(lambda: taken <= set(delivered(subscriber)), within=30)


def test_a_server_that_is_down_at_start_is_named_without_its_password(
    prepare: Start, own_server: Server
) -> None:
    own_server.stop()
    gateway = prepare(url=own_server.tcp_url("own", "hidden"))
    for verb in ("serve", "ingest", "worker", "events", "migrate"):
        done = gateway.cli(verb)
        assert done.returncode == 3, done.stderr
        assert f"127.0.0.1:{own_server.port}/own can't be reached" in done.stderr
        assert "hidden" not in done.stderr + done.stdout and "Traceback" not in done.stderr


class _Sending(threading.Thread):
    """Sends one webhook after the other and keeps the answers."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(daemon=True)
        self.answers: list[tuple[str, httpx.Response]] = []
        self._gateway = gateway
        self._ended = threading.Event()

    def run(self) -> None:
        number = 0
        while not self._ended.wait(0.01):
            number += 1
            self.answers.append((f"evt_{number}", self._gateway.send(stripe_event(f"evt_{number}"))))

    def end(self) -> None:
        """Stop after the webhook that is under way."""
        self._ended.set()
        self.join(20)
