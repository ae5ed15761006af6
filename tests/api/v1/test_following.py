"""`gateway tail` and `gateway listen`, on the store and on a gateway elsewhere."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.cli.following import Asked
from gateway.cli.following_there import _patiently
from gateway.client import Gateway, GatewayError
from gateway.operate.following import Wanted
from tests.api.v1.conftest import READER, Served
from tests.cli.conftest import NOW, event, rejection
from tests.service.conftest import SIGNING, Subscriber, environment, subscriber  # noqa: F401 - fixture

SINCE = ["--since", "2025-06-01T07:00:00Z"]


@pytest.fixture(params=["here", "there"])
def run(request: pytest.FixtureRequest, served: Served):  # type: ignore[no-untyped-def]
    """Runs a command on the store itself, and over the API of the gateway that works on it."""

    def one(*args: str) -> Result:
        if request.param == "here":
            return served.home.gateway(*args)
        return CliRunner(env={"GATEWAY_TOKEN": READER}).invoke(app, [*args, "--url", served.url])

    one.served = served  # type: ignore[attr-defined]
    yield one


def fill(served: Served) -> None:
    served.home.accept(
        event("evt_1", to=("app",), data='{"amount": 1.10}'),
        event("evt_1", at=NOW + 46, data='{"amount":2}'),
        event("push_1", at=NOW + 50, source="billing", name="github/push"),
    )
    served.home.do(lambda store: store.reject(rejection(NOW + 60)))


def test_tail_shows_events_as_lines(run) -> None:  # type: ignore[no-untyped-def]
    fill(run.served)
    result = run("tail", *SINCE, "--limit", "2")
    assert result.exit_code == 0, result.output
    [first, second] = result.stdout.splitlines()
    assert first.split()[2:6] == ["event", "stripe/customer.created", "stripe", "evt_1"]
    assert "github/push" in second


def test_tail_shows_all_that_happens_where_asked_for(run) -> None:  # type: ignore[no-untyped-def]
    fill(run.served)
    lines = run("tail", *SINCE, "--all", "--limit", "4").stdout.splitlines()
    assert [line.split()[2] for line in lines] == ["event", "duplicate", "event", "rejection"]
    assert "+46ms  differs in amount" in lines[1]
    assert "bad_signature  no secret matches  from 192.0.2.7" in lines[3]


# options -> the ids that come
CHOSEN = [
    (["--source", "billing"], ["push_1"]),
    (["--name", "stripe/*"], ["evt_1"]),
    (["--if", "event.data.amount > 1.0"], ["evt_1"]),
]


@pytest.mark.parametrize(("options", "wanted"), CHOSEN, ids=str)
def test_tail_shows_what_is_wanted(run, options: list[str], wanted: list[str]) -> None:  # type: ignore[no-untyped-def]
    fill(run.served)
    result = run("tail", *SINCE, *options, "--limit", "1", "--json")
    assert [json.loads(line)["event"]["id"] for line in result.stdout.splitlines()] == wanted


# what can't be -> the words, the exit code
REFUSED = [
    (["tail", "--if", "event.nope"], "--if ", 2),
    (["tail", "--source", "strpe"], "did you mean 'stripe'?", 2),
    (["listen", "--to", "localhost:3000"], "--to must be a URL such as http", 2),
    (["listen", "--to", "http://x/", "--secret", "short"], "--secret a secret must be whsec_", 2),
    (["listen", "--to", "http://x/", "--timeout", "5"], "--timeout ", 2),
    (["listen", "--to", "http://x/", "--as", "a b"], "--as must have", 2),
]


@pytest.mark.parametrize(("args", "words", "code"), REFUSED, ids=str)
def test_what_can_not_be_is_refused(run, args: list[str], words: str, code: int) -> None:  # type: ignore[no-untyped-def]
    result = run(*args)
    assert (result.exit_code, words in result.stderr) == (code, True), result.stderr


def test_listen_hands_on_what_comes_signed(run, subscriber: Subscriber) -> None:  # type: ignore[no-untyped-def] # noqa: F811
    fill(run.served)
    subscriber.answers = [(200, {}), (500, {})]
    options = ["--secret", SIGNING, "--limit", "2", *SINCE]
    result = run("listen", "--to", subscriber.url, *options)
    assert result.exit_code == 0, result.output
    assert [line.split()[:3] for line in result.stdout.splitlines()] == [
        ["200", "stripe/customer.created", "evt_1"],
        ["500", "github/push", "push_1"],
    ]
    assert result.stderr.endswith("1 taken, 1 not\n")
    headers, body, _ = subscriber.got[0]
    assert Webhook(SIGNING).verify(body, headers)["id"] == "evt_1"
    assert b"1.10" in body, "number for number"


# --format -> the body's type and a text in it
FORMATS = [
    ("event", "application/json", b'"name":"stripe/customer.created"'),
    ("raw", "application/json", b'{"amount": 1.10}'),
    ("cloudevents", "application/cloudevents+json", b'"specversion":"1.0"'),
]


@pytest.mark.parametrize(("format", "kind", "text"), FORMATS)
def test_listen_has_the_formats_of_a_subscription(
    served: Served,
    subscriber: Subscriber,  # noqa: F811
    format: str,
    kind: str,
    text: bytes,
) -> None:
    fill(served)
    served.home.gateway("listen", "--to", subscriber.url, "--format", format, "--limit", "1", *SINCE)
    [(headers, body, _)] = subscriber.got
    assert headers["content-type"] == kind and text in body


def test_listen_leaves_out_the_events_of_the_gateway_itself(
    served: Served,
    subscriber: Subscriber,  # noqa: F811
) -> None:
    served.home.accept(event("told", source="gateway", name="gateway/delivery.failed"), event("evt_1"))
    served.home.gateway("listen", "--to", subscriber.url, "--limit", "1", *SINCE)
    assert [one["id"] for one in subscriber.events()] == ["evt_1"]
    served.home.gateway("listen", "--to", subscriber.url, "--limit", "1", "--source", "gateway", *SINCE)
    assert [one["id"] for one in subscriber.events()] == ["evt_1", "told"]


def test_nobody_listens_on_this_machine(served: Served) -> None:
    fill(served)
    result = served.home.gateway("listen", "--to", "http://127.0.0.1:9/", "--limit", "1", *SINCE)
    assert result.stdout.startswith("---  stripe/customer.created  evt_1")
    assert "start what should listen there" in result.stderr


def test_a_connection_that_breaks_loses_nothing(monkeypatch: pytest.MonkeyPatch, capsys) -> None:  # type: ignore[no-untyped-def]
    asked: list[str] = []
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["cursor"])
        if len(asked) == 1:
            raise httpx.ReadError("connection reset", request=request)
        if len(asked) == 2:
            return httpx.Response(503, json={"detail": "starting", "code": "store_unavailable"})
        return httpx.Response(200, json={"items": [], "next": "e2.d0.r0.y0.h0"})

    with Gateway("http://x", transport=httpx.MockTransport(answer)) as gateway:
        page = _patiently(gateway, Asked(Wanted()), "e1.d0.r0.y0.h0")
    assert (page.next, asked, slept) == ("e2.d0.r0.y0.h0", ["e1.d0.r0.y0.h0"] * 3, [1.0, 2.0])
    assert "nothing is lost, trying again in 1 s" in capsys.readouterr().err


def test_a_token_that_was_taken_away_ends_it() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"detail": "nobody has this token", "code": "unauthorized"})

    with (
        Gateway("http://x", transport=httpx.MockTransport(answer)) as gateway,
        pytest.raises(GatewayError, match="nobody has this token"),
    ):
        _patiently(gateway, Asked(Wanted()), "e1.d0.r0.y0.h0")


@pytest.fixture
def listening(served: Served, subscriber: Subscriber, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:  # noqa: F811
    """`gateway listen` as a process."""
    command = [sys.executable, "-m", "gateway", "listen", "--to", subscriber.url, "--as", "ada"]
    env = environment() | {"GATEWAY_URL": served.url, "GATEWAY_TOKEN": READER}
    process = subprocess.Popen(
        command, env=env, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def test_ctrl_c_ends_it_cleanly(listening: subprocess.Popen[str], served: Served) -> None:
    assert listening.stderr is not None and listening.stdout is not None
    while "following http" not in (line := listening.stderr.readline()):
        assert line, "it ended by itself"
    served.home.accept(event("evt_1"))
    assert listening.stdout.readline().startswith("200  stripe/customer.created  evt_1")
    listening.send_signal(signal.SIGINT)
    _, errors = listening.communicate(timeout=20)
    assert (listening.returncode, errors) == (0, "1 taken, 0 not\n")
