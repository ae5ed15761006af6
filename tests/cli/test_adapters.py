"""`gateway adapters`: the list, the conformance kit, a new adapter, the pages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import adapters
from gateway.cli import app


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No config.yaml of the project is in the way."""
    monkeypatch.chdir(tmp_path)


def gateway(*args: str) -> Result:
    return CliRunner().invoke(app, [*args])


def test_every_adapter_is_listed_with_its_facts() -> None:
    told = [json.loads(line) for line in gateway("adapters", "--json").stdout.splitlines()]
    assert [one["name"] for one in told] == adapters.names()
    assert all(one["scheme"] and one["key"] and one["docs"].startswith("https://") for one in told)


def test_the_list_for_people() -> None:
    assert "proof  HMAC-SHA256, hex, in the header `X-Hub-Signature-256`" in gateway("adapters").stdout


def test_a_broken_adapter_is_named_and_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import nothing_like_this\nadapter = 1\n")
    result = gateway("adapters", "--path", str(tmp_path))
    assert result.exit_code == 0 and "stripe  (Stripe)" in result.stdout
    assert "the adapter 'broken'" in result.stderr and "nothing_like_this" in result.stderr


def test_the_kit_runs_over_one_of_ours() -> None:
    result = gateway("adapters", "test", "github")
    assert result.exit_code == 0
    assert "ok      rejects a wrong secret" in result.stdout and "vectors hold" in result.stdout


def test_a_new_adapter_keeps_the_contract_but_for_the_vectors() -> None:
    written = gateway("adapters", "new", "acme_pay")
    assert written.exit_code == 0 and "gateway adapters test acme_pay --path my-adapters" in written.stdout
    result = gateway("adapters", "test", "acme_pay", "--path", "my-adapters")
    assert [line for line in result.stdout.splitlines() if line.startswith("FAILED")] == [
        "FAILED  has vectors: it has no vector to accept"
    ]
    assert result.exit_code == 1


def test_the_test_of_a_new_adapter_runs(tmp_path: Path) -> None:
    gateway("adapters", "new", "acme")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "my-adapters"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert " passed, 2 skipped" in done.stdout


def test_vectors_of_ones_own_lie_beside_the_adapter(tmp_path: Path) -> None:
    gateway("adapters", "new", "acme")
    (tmp_path / "my-adapters" / "acme.json").write_text(
        '{"adapter": "acme", "source": "us", "vectors": [{}]}'
    )
    result = gateway("adapters", "test", "acme", "--path", "my-adapters")
    assert result.exit_code == 2 and "acme.json: vector None" in result.output


# a name -> why not
BAD_NAMES = [
    ("Acme", "is no name for an adapter"),  # a capital
    ("../acme", "is no name for an adapter"),  # a path
    ("stripe", "there is an adapter 'stripe' already"),  # taken
]


@pytest.mark.parametrize(("name", "said"), BAD_NAMES)
def test_a_name_that_cannot_be_is_refused(name: str, said: str) -> None:
    result = gateway("adapters", "new", name)
    assert result.exit_code == 2 and said in result.output


def test_nothing_is_written_over() -> None:
    gateway("adapters", "new", "acme")
    Path("my-adapters/acme.py").write_text("mine")
    result = gateway("adapters", "new", "acme")
    assert result.exit_code == 2 and "is there already" in result.output
    assert Path("my-adapters/acme.py").read_text() == "mine"


def test_what_a_hand_wrote_on_a_page_stays(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    page = tmp_path / "pages" / "github.md"
    page.write_text("# GitHub\n\n<!-- facts -->\nold\n<!-- /facts -->\n\n## Set-up\n\nMine.\n")
    assert gateway("adapters", "pages", "pages").exit_code == 0
    assert "X-Hub-Signature-256" in page.read_text() and page.read_text().endswith("## Set-up\n\nMine.\n")
    assert "| [GitHub](github.md) | `github` |" in (tmp_path / "pages" / "index.md").read_text()
