"""A clone of what the pages talk about, whose `.venv` is the one of this test run."""

from __future__ import annotations

import inspect
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import forked
from tests.docs import calling
from tests.docs.blocks import ROOT
from tests.docs.places import PORTS, Places
from tests.docs.providers import STAND_INS
from tests.docs.session import Session
from tests.docs.setups import Setup
from tests.docs.shell import Shell
from tests.service.conftest import free_port

OURS = ("GATEWAY_", "STRIPE_", "GITHUB_", "WELCOME_", "INNGEST_", "MAKE", "MFLAGS", "PYTEST_")
"""Variables that would change what a page shows."""

TERMINAL = {"GATEWAY_LOG_FORMAT": "text"}
"""As on a terminal, where a reader sits."""

EXAMPLES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "examples").glob("*.py"))

MAKE = 'make() { command make -o .venv/installed -o .venv/installed-test "$@"; }; export -f make'
"""make has nothing to install: the virtual environment of this test run is used."""

PYTEST = {
    "PYTEST_ARGS": "-n 1 tests/test_one.py",
    "PYTEST_ADDOPTS": "-p xdist.plugin",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}
"""`make test` of the clone has one test: one process will do, without the plugins that take seconds."""

Open = Callable[[Setup], Session]


def environment(folder: Path, setup: Setup) -> dict[str, str]:
    """A reader's, at a terminal; `gateway` is the quick one, or not there yet."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    path = [each for each in kept["PATH"].split(":") if not Path(each, "gateway").exists()]
    if not setup.is_fresh:
        path = [f"{folder}/.bin", f"{sys.prefix}/bin", *path]
    return kept | PYTEST | TERMINAL | {"PATH": ":".join(path), "CURL_HOME": str(folder)} | dict(setup.env)


def clone(folder: Path) -> None:
    """What a page finds in the folder."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    (folder / ".curlrc").write_text("no-progress-meter\n")  # as on a terminal
    (folder / "tests").mkdir()
    (folder / "tests" / "test_one.py").write_text("def test_one():\n    assert True\n")
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / ".bin").mkdir()
    command = folder / ".bin" / "gateway"
    command.write_text(f"#!{sys.executable} -IS\n{inspect.getsource(calling)}\nmain({forked.address()!r})\n")
    command.chmod(0o755)


@pytest.fixture
def open_session(tmp_path: Path) -> Iterator[Open]:
    """Opens the session of a page."""
    with ExitStack() as closing:

        def one(setup: Setup) -> Session:
            clone(tmp_path)
            ports = {port: str(free_port()) for port in PORTS}
            apis = {url: closing.enter_context(STAND_INS[url]()) for url in setup.apis}
            places = Places(tmp_path, ports, apis)
            env = {name: places.real(value) for name, value in environment(tmp_path, setup).items()}
            session = Session(tmp_path, places, Shell(tmp_path, env), setup)
            closing.callback(session.close)
            session.succeed(MAKE)
            for path in ("config.yaml", *setup.files, *EXAMPLES):
                session.write(path, setup.files.get(path) or (ROOT / path).read_text())
            begin(session)
            return session

        yield one


def begin(session: Session) -> None:
    """Do what was done before the page begins."""
    if session.setup.config:
        session.configure(session.setup.config)
    if not session.setup.is_fresh:
        session.stay("gateway serve --dev")
    for command in session.setup.commands:
        session.run(command, None)
