"""Each page of docs/providers as a quick start: its config, and its sample sent to a running gateway."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

import adapters
from adapters.page import TRIED, TRY
from gateway.cli import app
from tests.service.conftest import Gateway, environment, free_port

PAGES = Path(__file__).parents[2] / "docs" / "providers"

NEVER_DUPLICATES = {"dropbox"}
"""Its pings have no id, and two that are the same to the byte are two."""

SET = {"BRAINTREE_PUBLIC_KEY": "a", "META_VERIFY_TOKEN": "b", "PLAID_CLIENT_ID": "c", "PLAID_SECRET": "d"}
"""Variables that the pages say have to be set, since development mode makes secrets only."""


def gateway(*arguments: str) -> Result:
    """Run a command in the current folder."""
    return CliRunner().invoke(app, arguments)


def page(name: str) -> str:
    """The page of an adapter."""
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def sources(name: str) -> dict[str, Any]:
    """The sources of the first config on a page."""
    text = re.search(r"^```yaml\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL)
    assert text is not None
    return dict(yaml.safe_load(text[1])["sources"])


def tried(name: str) -> str:
    """What a page says of trying it."""
    return page(name).partition(TRY)[2].partition(TRIED)[0]


@pytest.fixture(scope="module")
def everyone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway in development mode with the first source of every page."""
    folder, port = tmp_path_factory.mktemp("everyone"), free_port()
    first = {name: next(iter(sources(name).values())) for name in adapters.names()}
    (folder / "config.yaml").write_text(json.dumps({"server": {"port": port}, "sources": first}))
    gateway = Gateway(folder, port, environment() | SET)
    gateway.start("--dev")
    yield gateway
    gateway.end()


@pytest.mark.parametrize("name", adapters.names())
def test_the_sample_of_a_page_is_taken(everyone: Gateway, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(everyone.folder)
    for variable, value in SET.items():
        monkeypatch.setenv(variable, value)
    program, *arguments = shlex.split(re.findall(r"^gateway trigger .*", tried(name), re.MULTILINE)[0])
    sent = gateway(*arguments, "--copies", "2")
    assert program == "gateway" and sent.exit_code == 0, sent.output
    assert re.match(r"2\d\d  ", sent.output)


def test_each_became_one_event_of_the_name_on_its_page_and_one_duplicate(everyone: Gateway) -> None:
    once = [name for name in adapters.names() if name not in NEVER_DUPLICATES]
    events = {event["source"]: event for event in everyone.rows("events")}
    assert sorted(events) == adapters.names()
    assert [name for name, event in events.items() if f"`{event['name']}`" not in tried(name)] == []
    copies = {copy["source"]: copy["event_id"] for copy in everyone.rows("duplicates")}
    assert copies == {name: events[name]["event_id"] for name in once}


@pytest.mark.parametrize("name", adapters.names())
def test_a_page_tells_the_url_of_its_source(name: str) -> None:
    setup = page(name).partition("\n## Set-up\n")[2].partition("\n## Events\n")[0]
    assert [one for one in sources(name) if not re.search(rf"/webhooks/{one}(?![\w-])", setup)] == []
