"""`gateway serve --workers N`: several processes on one socket and one SQLite file."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from gateway.client import Gateway as Client
from tests.service.conftest import Gateway, Start, Subscriber, eventually, stripe_event, to


def children(gateway: Gateway) -> list[int]:
    """The process ids of its children."""
    assert gateway.process is not None
    pid = gateway.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture
def three(prepare: Start, subscriber: Subscriber) -> Gateway:
    """A gateway of three processes, ready, with a subscriber."""
    gateway = prepare(subscriptions=to(subscriber, "stripe/*"))
    gateway.start("--workers", "3")
    eventually(lambda: gateway.log.count("listening on") == 3)
    return gateway


def test_all_receive_and_every_event_is_delivered_once(three: Gateway, subscriber: Subscriber) -> None:
    ids = [f"evt_{number}" for number in range(60)]
    assert all(three.send(stripe_event(id)).status_code == 200 for id in ids)
    eventually(lambda: len(subscriber.got) >= 60)
    assert sorted(event["id"] for event in subscriber.events()) == sorted(ids)


def test_copies_sent_to_several_processes_make_one_event(three: Gateway) -> None:
    answers = [three.send(stripe_event("evt_1", created=1_800_000_000)).json() for _ in range(30)]
    assert len({answer["ids"][0] for answer in answers}) == 1
    assert sum(answer["duplicates"] for answer in answers) == 29


def test_a_killed_process_is_started_again_and_nothing_is_lost(
    three: Gateway, subscriber: Subscriber
) -> None:
    before = children(three)
    for number, pid in enumerate(before):
        assert three.send(stripe_event(f"evt_{number}")).status_code == 200
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(set(children(three)) - set(before)) == 3)
    eventually(lambda: three.is_ready() and three.send(stripe_event("evt_9")).status_code == 200)
    eventually(lambda: {e["id"] for e in subscriber.events()} == {"evt_0", "evt_1", "evt_2", "evt_9"}, 30)


def test_no_child_outlives_a_killed_parent(three: Gateway) -> None:
    left = children(three)
    three.kill()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left))


def test_a_stop_is_graceful(three: Gateway) -> None:
    left = children(three)
    assert three.stop() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in left)
    assert "did not stop" not in three.log


def test_a_reload_reaches_every_process(three: Gateway) -> None:
    text = (three.folder / "config.yaml").read_text()
    three.configure(
        text.replace("  stripe: {", "  more: {adapter: stripe, secrets: [whsec_more]}\n  stripe: {")
    )
    assert three.cli("reload").returncode == 0
    eventually(lambda: three.log.count("config reloaded") == 3)
    assert {three.send(stripe_event(f"evt_{n}"), "whsec_more", "more").status_code for n in range(20)} == {
        200
    }


def test_a_reload_over_the_api_reaches_every_process(three: Gateway) -> None:
    with Client(three.url) as gateway:
        assert [(one.name, one.problems) for one in gateway.reload()] == [("gateway", [])]
        eventually(lambda: three.log.count("config reloaded") == 3)
        three.configure("sources: 7")
        assert "sources" in gateway.reload()[0].problems[0]
    assert three.cli("reload", "--url", three.url).returncode == 2


def test_a_reload_of_an_invalid_file_is_refused_by_all(three: Gateway) -> None:
    text = (three.folder / "config.yaml").read_text()
    three.configure(text.replace("adapter: stripe", "adapter: strip"))
    done = three.cli("reload")
    assert done.returncode == 2 and "Did you mean 'stripe'" in done.stderr
    assert three.send(stripe_event("evt_1")).status_code == 200


def test_ingest_and_worker_want_a_shared_store(prepare: Start) -> None:
    gateway = prepare()
    for verb in ("ingest", "worker"):
        done = gateway.cli(verb)
        assert done.returncode == 2 and "gateway serve --workers" in done.stderr
