"""`gateway audit`, and what the command line's own actions leave in it."""

from __future__ import annotations

from getpass import getuser

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.config import load
from gateway.event import new_id
from gateway.housekeeping import purge_audit
from gateway.store.audit import Entry, Which
from tests.api.v1.conftest import ADMIN, READER, Served, serve, served  # noqa: F401 - fixtures
from tests.cli.conftest import DAY, NOW, Home, event, rejection

SECRETS = {"STRIPE_SECRET": "whsec_" + "11" * 32, "BILLING_SECRET": "b" * 20}

# what is done -> action, target, detail, outcome
DONE = [
    (["replay", "evt_1"], ("replay", "evt_1", "", "done")),
    (["replay", "evt_9"], ("replay", "evt_9", "", "refused")),
    (["replay", "--failed", "--since", "1h"], ("replay", "", "failed=True", "refused")),
    (["cancel", "evt_1"], ("cancel", "evt_1", "", "done")),
    (["resume", "app"], ("resume", "app", "", "refused")),
    (["purge"], ("purge", "", "", "done")),
    (["purge", "--event", "evt_1"], ("purge", "evt_1", "", "done")),
    (["purge", "--older-than", "30d"], ("purge", "", "older than 2.592e+06 s", "done")),
    (["quarantine", "release", "--source", "stripe"], ("release", "stripe", "", "refused")),
]


def entries(home: Home) -> list[Entry]:
    return list(home.do(lambda store: store.audit.entries(Which())))


@pytest.mark.parametrize(("args", "wanted"), DONE, ids=lambda value: " ".join(value))
def test_what_the_command_line_does_is_noted(home: Home, args: list[str], wanted: tuple[str, ...]) -> None:
    home.accept(event("evt_1", to=("app",)))
    home.do(lambda store: store.reject(rejection(body=b"{}")))
    home.gateway(*args, **SECRETS)
    [entry] = entries(home)
    detail = entry.detail.partition(" since=")[0]
    assert (entry.action, entry.target, detail, entry.outcome) == wanted
    assert (entry.who, entry.via, entry.scope) == (getuser(), "cli", "admin")


@pytest.mark.parametrize(
    "args", [["events"], ["replay", "evt_1", "--dry-run"], ["purge", "--dry-run"], ["audit"]]
)
def test_what_only_looks_is_not(home: Home, args: list[str]) -> None:
    home.accept(event("evt_1"))
    assert home.gateway(*args).exit_code == 0
    assert entries(home) == []


def test_a_sample_is_noted_where_there_is_a_store(home: Home) -> None:
    result = home.gateway(
        "trigger", "stripe", "customer.created", "--to", "http://127.0.0.1:9/?a=b", **SECRETS
    )
    assert result.exit_code == 1
    [entry] = entries(home)
    assert (entry.action, entry.target, entry.outcome) == ("sample", "stripe", "refused")
    assert entry.detail == "customer.created to http://127.0.0.1:9/"


def test_a_sample_without_a_store_makes_none(empty: Home) -> None:
    empty.gateway("trigger", "stripe", "customer.created", "--to", "http://127.0.0.1:9/", **SECRETS)
    assert not empty.database.exists()


def fill(home: Home) -> None:
    home.accept(event("evt_1"))
    for args in (["replay", "evt_1"], ["cancel", "evt_1"]):
        home.gateway(*args)


def test_actions_are_listed_newest_first(home: Home) -> None:
    fill(home)
    assert [line["action"] for line in home.lines("audit")] == ["cancel", "replay"]
    assert [line["action"] for line in home.lines("audit", "--action", "replay")] == ["replay"]
    shown = home.gateway("audit", "--since", "1h").stdout.splitlines()
    assert shown[0].split()[:5] == ["WHEN", "WHO", "BY", "FROM", "ACTION"] and len(shown) == 3
    assert home.gateway("audit", "--who", "nobody").stderr.startswith("no actions match in ")


def test_a_gateway_elsewhere_lists_the_same(served: Served) -> None:  # noqa: F811
    fill(served.home)
    there = CliRunner(env={"GATEWAY_TOKEN": READER}).invoke(app, ["audit", "--url", served.url])
    assert (there.exit_code, there.stdout) == (0, served.home.gateway("audit").stdout)


def test_what_is_done_elsewhere_is_noted_there(served: Served) -> None:  # noqa: F811
    served.home.accept(event("evt_1"))
    CliRunner(env={"GATEWAY_TOKEN": ADMIN}).invoke(app, ["replay", "evt_1", "--url", served.url])
    [entry] = entries(served.home)
    assert (entry.who, entry.via, entry.action) == ("admin", "api", "replay")


def test_old_entries_go_with_their_own_retention(home: Home) -> None:
    settings = load(home.config, {}, secrets="optional")
    for at in (NOW - 366 * DAY, NOW - 364 * DAY):
        old = Entry(new_id(at), at, "me", "admin", "cli", "here", "replay", "", "", "done")
        home.do(lambda store, old=old: store.audit.note(old))  # type: ignore[misc]
    assert home.do(lambda store: purge_audit(store, settings, NOW / 1000)) == 1
    assert [entry.at for entry in entries(home)] == [NOW - 364 * DAY]
