"""The client, and the command line that asks a gateway elsewhere by it."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.client import Gateway, GatewayError
from tests.api.v1.conftest import ADMIN, OPERATOR, READER, Served
from tests.cli.conftest import NOW, event, rejection


def _fill(served: Served) -> None:
    """Something of everything."""
    home = served.home
    home.accept(
        event("evt_1", to=("app", "mail"), data='{"a":1}'), event("evt_1", at=NOW + 9, data='{"a":2}')
    )
    home.accept(event("evt_2", at=NOW + 10, name="github/push", source="billing"))
    home.end("dead", status=500, response="no")
    home.do(lambda store: store.reject(rejection()))
    home.do(lambda store: store.reject(rejection(NOW + 1, body=b"{}")))


def test_the_client_reads_everything(served: Served) -> None:
    _fill(served)
    with served.client(READER) as gateway:
        assert [one.id for one in gateway.events()] == ["evt_2", "evt_1"]
        assert [one.id for one in gateway.events(name="stripe/*")] == ["evt_1"]
        page = gateway.event("evt_1")
        assert (page.data, page.body, len(page.deliveries), page.duplicates[0].fields) == (
            {"a": 1},
            '{"a":1}',
            2,
            ["a"],
        )
        assert [one.gap for one in gateway.duplicates(source="stripe")] == [9]
        assert [one.copies for one in gateway.duplicate_groups()] == [1]
        [difference] = gateway.copies("evt_1").copies[0].differences
        assert (difference.first, difference.brought) == (1, 2)
        assert [one.quarantined for one in gateway.rejections()] == [True, False]
        assert len(list(gateway.rejections(quarantined=True))) == 1
        assert [one.count for one in gateway.rejection_counts()] == [2]
        dead = list(gateway.deliveries(state="dead", subscription="app"))
        assert gateway.delivery(dead[0].delivery_id).attempts[0].status == 500
        assert [one.name for one in gateway.sources()] == ["stripe", "billing"]
        assert [one.name for one in gateway.subscriptions().items] == ["app", "mail"]
        assert "github" in {one.name for one in gateway.adapters()}


def test_the_client_acts(served: Served) -> None:
    _fill(served)
    with served.client(OPERATOR) as gateway:
        assert gateway.replay(["evt_1"], subscription="app", dry_run=True).made == 1
        assert gateway.replay(["evt_1"], subscription="app").made == 1
        assert gateway.replay_dead(subscription="mail").made == 1
        assert gateway.cancel(["evt_1"]).cancelled == 2
        assert gateway.cancel_pending().cancelled == len(list(gateway.deliveries(state="cancelled"))) - 2
        assert gateway.pause("app", "deploying").reason == "deploying"
        assert gateway.resume("app").subscription == "app"
        assert gateway.release("stripe").refused == {"bad_signature": 1}


def test_the_client_asks_for_page_after_page(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.client.connection.LARGEST_PAGE", 2)
    served.home.accept(*(event(id, at=NOW + n) for n, id in enumerate("abcde")))
    with served.client() as gateway:
        assert "".join(one.id for one in gateway.events()) == "edcba"


def test_a_refusal_is_an_error_with_its_code(served: Served) -> None:
    with served.client(READER) as gateway, pytest.raises(GatewayError) as refused:
        gateway.replay(["evt_1"])
    assert (refused.value.status, refused.value.code) == (403, "forbidden")
    assert str(refused.value).startswith(served.url)


# what answers -> the words
OTHERS = [
    (httpx.Response(200, text="<html>"), "is no answer of a gateway's API"),
    (httpx.Response(200, json={"rows": []}), "is no answer of a gateway's API"),
    (httpx.Response(404, text="not here"), "answered 404"),
    (httpx.Response(302, headers={"location": "https://elsewhere"}), "answered 302"),
]


@pytest.mark.parametrize(("answer", "words"), OTHERS)
def test_what_is_no_gateway_is_an_error(answer: httpx.Response, words: str) -> None:
    there = Gateway("http://x", transport=httpx.MockTransport(lambda _: answer))
    with there as gateway, pytest.raises(GatewayError, match=words):
        gateway.sources()


@pytest.mark.parametrize("url", ["", "hooks.example.com", "ftp://x", "http://"])
def test_a_url_that_can_not_be(url: str) -> None:
    with pytest.raises(GatewayError):
        Gateway(url)


def test_nobody_listens_there() -> None:
    with Gateway("http://127.0.0.1:9") as gateway, pytest.raises(GatewayError) as error:
        gateway.sources()
    assert error.value.status is None


# The command line


def elsewhere(served: Served, *args: str, token: str | None = ADMIN) -> Result:
    return CliRunner(env={"GATEWAY_TOKEN": token}).invoke(app, [*args, "--url", served.url])


SAME = [
    ["events"],
    ["events", "--json"],
    ["events", "--name", "stripe/*", "--limit", "1"],
    ["event", "evt_1"],
    ["event", "evt_1", "--json"],
    ["why", "evt_2"],
    ["why", "evt_2", "app", "--json"],
    ["duplicates"],
    ["duplicates", "--json"],
    ["duplicates", "evt_1"],
    ["duplicates", "evt_1", "--json"],
    ["rejections"],
    ["rejections", "--json"],
    ["rejections", "--counts"],
    ["deliveries"],
    ["deliveries", "--state", "dead", "--json"],
    ["deliveries", "--event", "evt_1"],
    ["subscriptions"],
    ["subscriptions", "--json"],
    ["quarantine", "list", "--json"],
    ["events", "types", "--json"],
]


@pytest.mark.parametrize("args", SAME, ids=" ".join)
def test_a_gateway_elsewhere_looks_the_same(served: Served, args: list[str]) -> None:
    _fill(served)
    here, there = served.home.gateway(*args), elsewhere(served, *args)
    assert (there.exit_code, there.stdout, there.stderr) == (0, here.stdout, here.stderr)
    assert here.stdout


# what is asked for in vain -> the exit code and the words after "no … match in"
NOTHING = [
    (["event", "evt_9"], 1, "there is no event 'evt_9'; list them with: gateway events"),
    (["events", "--source", "strpe"], 1, "did you mean 'stripe'?"),
    (["events", "--source", "billing"], 0, "no events match in http://127.0.0.1:"),
    (["duplicates", "evt_9"], 1, "there is no event or duplicate 'evt_9'"),
    (["replay", "evt_9"], 1, "there is no event or delivery 'evt_9'"),
    (["replay", "--failed", "--since", "1h"], 1, "no dead delivery ended since"),
    (["cancel", "evt_9"], 1, "there is no delivery or event 'evt_9'"),
]


@pytest.mark.parametrize(("args", "code", "words"), NOTHING, ids=lambda value: str(value)[:40])
def test_nothing_matches_elsewhere(served: Served, args: list[str], code: int, words: str) -> None:
    result = elsewhere(served, *args)
    assert result.exit_code == code
    assert words in result.stderr


def test_many_copies_are_read_once(served: Served) -> None:
    served.home.accept(*(event("evt_1", at=NOW + n) for n in range(502)))
    lines = elsewhere(served, "duplicates", "evt_1", "--json").stdout.splitlines()
    assert len(lines) == 501


def test_replay_and_cancel_elsewhere(served: Served) -> None:
    served.home.accept(event("evt_1"))
    assert elsewhere(served, "replay", "evt_1", "--dry-run").stderr == "would make 2 new deliveries\n"
    made = elsewhere(served, "replay", "evt_1")
    assert (made.exit_code, made.stderr, len(made.stdout.splitlines())) == (0, "made 2 new deliveries\n", 3)
    assert elsewhere(served, "cancel", "evt_1").stdout == "cancelled 2 deliveries\n"
    assert elsewhere(served, "cancel", "evt_1").exit_code == 1


def test_what_died_is_replayed_elsewhere(served: Served) -> None:
    served.home.accept(event("evt_1", to=("app", "mail")))
    served.home.end("dead")
    result = elsewhere(
        served, "replay", "--failed", "--since", "2025-06-01T08:00:00Z", "--subscription", "app"
    )
    assert (result.exit_code, result.stderr) == (0, "made 1 new delivery\n")


def test_events_of_a_time_are_replayed_elsewhere(served: Served) -> None:
    served.home.accept(event("evt_1"), event("evt_2", at=NOW + 9))
    since = ("replay", "--since", "2025-06-01T08:00:00Z", "--subscription", "app", "--rate", "1")
    assert elsewhere(served, *since, "--dry-run").stderr == "would make 2 new deliveries\n"
    assert elsewhere(served, *since).stderr == "made 2 new deliveries\n"
    first, second = served.home.deliveries(state="pending")[::-1]
    assert second.due_at - first.due_at == 1000


def test_the_url_may_come_from_the_environment(served: Served, tmp_path: Path) -> None:
    served.home.accept(event("evt_1"))
    env = {"GATEWAY_URL": served.url, "GATEWAY_TOKEN": READER}
    assert "evt_1" in CliRunner(env=env).invoke(app, ["events"]).stdout


def test_a_named_config_beats_the_environment(served: Served) -> None:
    served.home.accept(event("evt_1"))
    assert "evt_1" in served.home.gateway("events", GATEWAY_URL="http://127.0.0.1:9").stdout


def test_two_gateways_are_one_too_many(served: Served) -> None:
    result = served.home.gateway("events", "--url", served.url)
    assert result.exit_code == 2
    assert result.stderr == "--config and --url name two gateways: leave one out\n"


def test_a_missing_token_says_where_to_set_it(served: Served) -> None:
    result = elsewhere(served, "events", token=None)
    assert result.exit_code == 2
    assert result.stderr.endswith("set GATEWAY_TOKEN\n")


def test_a_gateway_that_is_down_is_one_line() -> None:
    result = CliRunner().invoke(app, ["events", "--url", "http://127.0.0.1:9"])
    assert result.exit_code == 3
    assert result.stderr.startswith("http://127.0.0.1:9 can't be asked: ")
