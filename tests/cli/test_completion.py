"""Shell completion: verbs, options, and the names that the config has, in every shell that is known."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from tests.cli.conftest import Home
from tests.service.conftest import environment

SHELLS = ("bash", "zsh", "fish")


def completed(folder: Path, shell: str, line: str) -> list[str]:
    """What a shell offers at the end of `line`, as its own script asks for it."""
    asked = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
        "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }
    env = asked[shell] | {"_GATEWAY_COMPLETE": f"complete_{shell}"}
    with chdir(folder):
        done = CliRunner(env=env).invoke(app, prog_name="gateway")
    assert done.stderr == ""
    return done.stdout.replace('"', " ").split()


# the line -> something that is offered, something that is not
LINES = [
    ("gateway li", "listen", "tail"),
    ("gateway tail --re", "--rejections", "--source"),
    ("gateway events --source b", "billing", "stripe"),
    ("gateway replay x --subscription ", "app", "stripe"),
    ("gateway resume ", "mail", "stripe"),
    ("gateway trigger ", "stripe", "app"),
    ("gateway quarantine rel", "release", "list"),
    ("gateway quarantine release --source s", "stripe", "billing"),
]


@pytest.mark.parametrize(("line", "offered", "other"), LINES)
def test_a_line_is_completed(empty: Home, line: str, offered: str, other: str) -> None:
    found = completed(empty.path, "bash", line)
    assert offered in found and other not in found


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_is_answered(empty: Home, shell: str) -> None:
    assert "billing" in " ".join(completed(empty.path, shell, "gateway events --source b"))


def test_a_config_that_is_named_has_the_names(empty: Home, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(empty.config.read_text().replace("billing:", "shop:"))
    assert completed(tmp_path, "bash", "gateway --config other.yaml events --source sh") == ["shop"]


def test_a_config_that_can_not_be_read_is_passed_over_in_silence(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("sorces: [")
    assert completed(tmp_path, "bash", "gateway events --source ") == []


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shutil.which(shell)])
def test_a_shell_is_taught(tmp_path: Path, shell: str) -> None:
    env = environment() | {"HOME": str(tmp_path), "SHELL": f"/bin/{shell}"}
    line = f"{sys.executable} -m gateway --install-completion; exit $?"
    done = subprocess.run([shell, "-c", line], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert any("_GATEWAY_COMPLETE=complete_" in text for text in written)


def test_the_script_may_be_shown_instead(tmp_path: Path) -> None:
    line = f"{sys.executable} -m gateway --show-completion; exit $?"
    done = subprocess.run(["bash", "-c", line], env=environment(), capture_output=True, text=True)
    assert "complete -o default -F _gateway_completion gateway" in done.stdout
    assert os.listdir(tmp_path) == []
