"""`gateway trigger NAME TYPE` against a running gateway, for every adapter that there is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import adapters
from gateway.cli import app
from tests.adapters.conftest import VARIANTS
from tests.service.conftest import Gateway, environment, free_port

NEVER_DUPLICATES = {"dropbox"}
"""Its pings have no id, and two that are the same to the byte are two."""


def gateway(*arguments: str) -> Result:
    """Run a command in the current folder."""
    return CliRunner().invoke(app, arguments)


def source(name: str) -> dict[str, Any]:
    """A source with the adapter's first set of options; its secret is made by development mode."""
    return {"adapter": name, **VARIANTS.get(name, [{}])[0]}


@pytest.fixture(scope="module")
def everyone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway in development mode with a source for every adapter."""
    folder, port = tmp_path_factory.mktemp("everyone"), free_port()
    settings = {
        "server": {"port": port},
        "sources": {name: source(name) for name in adapters.names()},
    }
    (folder / "config.yaml").write_text(json.dumps(settings))
    gateway = Gateway(folder, port, environment())
    gateway.start("--dev")
    yield gateway
    gateway.end()


@pytest.mark.parametrize("name", adapters.names())
def test_a_sample_is_taken(everyone: Gateway, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(everyone.folder)
    sent = gateway("trigger", name, adapters.load(name).first_sample, "--copies", "2")
    assert sent.exit_code == 0, sent.output


def test_each_became_one_event_and_one_duplicate(everyone: Gateway) -> None:
    once = [name for name in adapters.names() if name not in NEVER_DUPLICATES]
    events = {event["source"]: event for event in everyone.rows("events")}
    assert sorted(events) == adapters.names()
    assert all(event["name"].startswith(f"{name}/") for name, event in events.items())
    copies = {copy["source"]: copy["event_id"] for copy in everyone.rows("duplicates")}
    assert copies == {name: events[name]["event_id"] for name in once}
