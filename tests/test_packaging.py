"""What a newcomer's machine meets first: constraints, Makefile, .ci/run, Dockerfile, dependencies."""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from threading import Thread

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gateway.config.destinations import KINDS
from gateway.config.settings import Store

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BUILD = [Requirement(line) for line in PROJECT["build-system"]["requires"]]
RUNTIME = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
EXTRAS = {
    name: [Requirement(line) for line in lines if not line.startswith("webhook-gateway[")]
    for name, lines in PROJECT["project"]["optional-dependencies"].items()
}
TEST = EXTRAS.pop("test")
DOCS = EXTRAS.pop("docs")
OPTIONAL = [one for extra in EXTRAS.values() for one in extra]


# constraints.txt


def pins() -> dict[str, str]:
    """Distribution to exact version, as constraints.txt has them."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    locked = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in locked}


def installed_with(asked: list[Requirement]) -> set[str]:
    """The names of everything that gets installed along with `asked` on this machine."""
    found: set[tuple[str, frozenset[str]]] = set()
    waiting = list(asked)
    while waiting:
        needed = waiting.pop()
        key = (canonicalize_name(needed.name), frozenset(needed.extras))
        if key not in found:
            found.add(key)
            inner = map(Requirement, distribution(needed.name).requires or [])
            waiting += [one for one in inner if applies(one, needed.extras)]
    return {name for name, _ in found}


def applies(needed: Requirement, extras: set[str]) -> bool:
    """Whether this machine needs it, given the extras that were asked for."""
    marker = needed.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *extras})


def test_everything_that_gets_installed_is_pinned() -> None:
    assert installed_with(RUNTIME + OPTIONAL + TEST) - pins().keys() == set()


def test_the_build_backend_is_pinned_in_both_places() -> None:
    assert all(str(one.specifier) == f"=={pins()[canonicalize_name(one.name)]}" for one in BUILD)


def test_every_pin_is_exact_and_within_the_range_of_the_project() -> None:
    for needed in RUNTIME + OPTIONAL + TEST:
        assert needed.specifier.contains(pins()[canonicalize_name(needed.name)]), needed
    assert all(re.fullmatch(r"\d[\w.]*", version) for version in pins().values())


@pytest.mark.parametrize("sign", ["://", "--index", "--find-links", "-e ", " @ ", "/"])
def test_constraints_name_no_host_and_no_path(sign: str) -> None:
    assert sign not in (ROOT / "constraints.txt").read_text()


# Makefile and .ci/run


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what make looks at, so that nothing of the real checkout is touched."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True, timeout=60)


def test_make_run_installs_with_constraints_and_starts_in_development_mode(checkout: Path) -> None:
    planned = make(checkout, "--dry-run", "run", "ARGS=--config other.yaml").stdout
    assert "-c constraints.txt --build-constraint constraints.txt -e .\n" in planned
    assert planned.splitlines()[-1] == ".venv/bin/gateway serve --dev --config other.yaml"


def test_make_test_installs_the_test_extra_and_runs_everything(checkout: Path) -> None:
    planned = make(checkout, "--dry-run", "test", "PYTEST_ARGS=-x").stdout
    assert "-e '.[test]'\n" in planned
    assert planned.splitlines()[-1] == ".venv/bin/python -m pytest -n 3 --dist loadfile -x"


def test_a_second_make_installs_nothing(checkout: Path) -> None:
    (checkout / ".venv" / "bin").mkdir(parents=True)
    for name in ("bin/python", "installed", "installed-test"):
        (checkout / ".venv" / name).touch()
    assert make(checkout, "--dry-run", "run").stdout == ".venv/bin/gateway serve --dev \n"
    os.utime(checkout / "constraints.txt", (2**32, 2**32))
    assert "pip install" in make(checkout, "--dry-run", "run").stdout


def test_an_old_python_gets_a_clear_message(checkout: Path) -> None:
    old = checkout / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    refused = make(checkout, ".venv/bin/python", "PYTHON=./old-python")
    assert refused.returncode == 2
    assert "'./old-python' is missing or older than Python 3.11" in refused.stderr


def test_a_python_without_venv_gets_a_clear_message(checkout: Path) -> None:
    bare = checkout / "bare-python"
    bare.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exec "{sys.executable}" "$@"\nmkdir -p .venv\nexit 1\n')
    bare.chmod(0o755)
    refused = make(checkout, ".venv/bin/python", "PYTHON=./bare-python")
    assert "venv and pip modules are both needed" in refused.stderr
    assert not (checkout / ".venv").exists()


def test_ci_runs_the_tests_and_then_the_checks() -> None:
    script = ROOT / ".ci" / "run"
    lines = script.read_text().splitlines()
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in lines
    assert [line for line in lines if line.startswith("make ")] == ["make test", "make lint"]


# Dockerfile


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, arguments), comments gone, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    parts = [line.partition(" ") for line in lines if line.strip()]
    return [(word, rest.strip()) for word, _, rest in parts]


def every(word: str) -> list[str]:
    return [rest for name, rest in instructions() if name == word]


def last(word: str) -> str:
    return every(word)[-1]


def copied() -> Iterator[str]:
    """What the Dockerfile takes from the checkout."""
    for arguments in every("COPY"):
        if "--from=" not in arguments:
            yield from shlex.split(arguments)[:-1]


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps `path` out: the last line that matches decides."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    matching = [rule for rule in rules if fnmatch(path, rule.removeprefix("!"))]
    return bool(matching) and not matching[-1].startswith("!")


def test_every_copied_file_exists_and_reaches_the_build() -> None:
    for source in copied():
        assert (ROOT / source).exists(), source
        assert not ignored(source), source


def test_nothing_else_reaches_the_build() -> None:
    assert all(ignored(name) for name in (".git", ".env", "data", "config.yaml", "tests", ".venv"))


def test_every_stage_starts_from_one_pinned_slim_python() -> None:
    images = {arguments.split()[0] for arguments in every("FROM")}
    assert len(images) == 1 and len(every("FROM")) == 2
    assert re.fullmatch(r"python:3\.1[1-9]-slim-[a-z]+", images.pop())


def test_the_entry_point_is_a_console_script_that_resolves() -> None:
    (name,) = json.loads(last("ENTRYPOINT"))
    module, _, function = PROJECT["project"]["scripts"][name].partition(":")
    assert callable(getattr(importlib.import_module(module), function))
    assert json.loads(last("CMD")) == ["serve", "--config", f"{last('WORKDIR')}/config.yaml"]


def test_it_does_not_run_as_root() -> None:
    user, _, group = last("USER").partition(":")
    assert int(user) > 0 and int(group) > 0
    assert f"--uid {user} " in " ".join(every("RUN"))


def test_data_goes_to_the_volume_only() -> None:
    (volume,) = json.loads(last("VOLUME"))
    default = Store().url.removeprefix("sqlite:///")
    assert str((Path(last("WORKDIR")) / default).parent) == volume
    assert f"SQLITE_TMPDIR={volume}" in last("ENV")
    assert "PYTHONDONTWRITEBYTECODE=1" in last("ENV")


def test_it_installs_with_constraints() -> None:
    installs = [line for line in " && ".join(every("RUN")).split("&&") if "pip install" in line]
    assert installs and all("-c constraints.txt" in line for line in installs)
    assert '--build-constraint constraints.txt ".[${EXTRAS}]"' in installs[-1]


def test_the_extras_of_the_image_exist() -> None:
    (extras,) = [rest.removeprefix("EXTRAS=") for rest in every("ARG") if rest.startswith("EXTRAS=")]
    assert set(extras.split(",")) <= PROJECT["project"]["optional-dependencies"].keys()


def test_the_image_holds_no_secret() -> None:
    named = " ".join(every("ENV") + every("ARG") + every("LABEL"))
    assert not re.search(r"secret|token|password|api_?key", named, re.IGNORECASE)


class Answers(BaseHTTPRequestHandler):
    """A server whose health is its class's `status`; it keeps the paths that were asked for."""

    status = 200
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(("status", "exit_code"), [(200, 0), (503, 1)])
def test_the_health_check_asks_healthz(status: int, exit_code: int) -> None:
    handler = type("Handler", (Answers,), {"status": status, "asked": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.handle_request).start()
        checked = subprocess.run(health_check(server.server_port), timeout=10)
    assert checked.returncode == exit_code
    assert handler.asked == ["/healthz"]


def test_the_gateway_itself_passes_the_health_check(tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        port = server.server_port
    config = tmp_path / "config.yaml"
    sources = "{stripe: {adapter: stripe, secrets: [whsec_x]}}"
    config.write_text(f"server: {{port: {port}}}\nsources: {sources}\n")
    command = [sys.executable, "-m", "gateway", "serve", "--config", str(config)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as gateway:
        try:
            assert any(healthy(port) for _ in range(100))
        finally:
            gateway.terminate()


def healthy(port: int) -> bool:
    """Ask once, and wait a little where the answer is no."""
    checked = subprocess.run(health_check(port), timeout=10, stderr=subprocess.DEVNULL)
    time.sleep(0.1 if checked.returncode else 0)
    return checked.returncode == 0


def health_check(port: int) -> list[str]:
    """The image's own command, in exec form, with another port."""
    _, _, command = last("HEALTHCHECK").partition("CMD ")
    program, *arguments = json.loads(command)
    assert program == "python"
    return [sys.executable, *(argument.replace(last("EXPOSE"), str(port)) for argument in arguments)]


# docs/dependencies.md


@pytest.mark.parametrize(
    ("heading", "declared"),
    [("Runtime", RUNTIME), ("Extras", OPTIONAL), ("Tests and checks", TEST), ("Documentation", DOCS)],
)
def test_the_page_lists_exactly_the_dependencies(heading: str, declared: list[Requirement]) -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    section = re.split(r"^## ", page.partition(f"## {heading}\n")[2], flags=re.MULTILINE)[0]
    listed = re.findall(r"^\| `([\w-]+)` \| \S", section, re.MULTILINE)
    assert listed == [one.name for one in declared]


def test_the_tests_have_every_extra() -> None:
    lines = PROJECT["project"]["optional-dependencies"]["test"]
    (own,) = [line for line in lines if line.startswith("webhook-gateway[")]
    assert Requirement(own).extras == EXTRAS.keys()


def test_every_destination_names_the_extra_that_brings_its_package() -> None:
    for kind in KINDS.values():
        if kind.package is not None:
            brought = {canonicalize_name(one.name) for one in EXTRAS[kind.extra or ""]}
            package = kind.package.partition(".")[0]
            assert brought & set(map(canonicalize_name, packages_distributions()[package]))


def test_the_page_names_the_locked_versions() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    for needed in RUNTIME + OPTIONAL + TEST + DOCS:
        (row,) = re.findall(rf"^\| `{needed.name}` \|.*$", page, re.MULTILINE)
        assert f"| {pins()[canonicalize_name(needed.name)]}, " in row
