"""Who may import whom: the contracts in pyproject.toml hold, and each of them catches what it is for."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = PROJECT["tool"]["importlinter"]["contracts"]
PACKAGES = ("gateway", "adapters")

IMPORTED_ANYWHERE = {"cryptography", "orjson", "pydantic", "ulid_transform"}
"""Packages of values and of mathematics, which need no owner."""

PART_OF = {
    "pydantic-core": "pydantic",
    "aiohttp": "aiobotocore",
    "botocore": "aiobotocore",
    "pamqp": "aiormq",
    "yarl": "aiormq",
}
"""Distributions that come with another one and are part of its interface."""


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and their contracts in a folder of their own, to be spoilt."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def third_party_imports() -> Iterator[tuple[str, str]]:
    """Every (file, top-level module) of an absolute import that is neither ours nor the stdlib's."""
    for file in (file for package in PACKAGES for file in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {*PACKAGES}:
                yield str(file.relative_to(ROOT)), name


def test_every_contract_holds() -> None:
    checked = lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("gateway/event.py", "import gateway.store", "The core is layered"),
        ("gateway/store/records.py", "import gateway.pipeline.worker", "The core is layered"),
        ("gateway/pipeline/route.py", "import gateway.store", "Routing and retrying are pure"),
        ("gateway/store/records.py", "import gateway.config", "The store knows events"),
        ("adapters/github.py", "import gateway.event", "Adapters are a leaf"),
        ("gateway/pipeline/worker.py", "import adapters.github", "Past ingest, no one knows a provider"),
        ("gateway/ingest.py", "import gateway.pipeline.worker", "The hot path routes and stores"),
        ("gateway/ingest.py", "import httpx", "httpx: "),
        ("gateway/destinations/sqs.py", "import botocore", "aiobotocore and what it brings: "),
        ("gateway/destinations/http.py", "import google.auth", "google-auth: "),
        ("gateway/store/records.py", "import asyncpg", "asyncpg: "),
        ("gateway/config/subscription.py", "import cel", "cel: "),
        ("gateway/destinations/broker.py", "import aiokafka", "aiokafka: "),
        ("gateway/destinations/broker.py", "import nats", "nats-py: "),
        ("gateway/destinations/broker.py", "import aiormq", "aiormq and what it brings: "),
        ("gateway/destinations/broker.py", "import redis", "redis-py: "),
        ("gateway/metrics.py", "import prometheus_client", "prometheus-client: "),
        ("gateway/ingest.py", "import opentelemetry.trace", "OpenTelemetry: "),
        ("gateway/ingest.py", "import stripe", "stripe: "),
        ("gateway/store/records.py", "import sqlite3", "SQLite: "),
        ("gateway/event.py", "import sqlite_utils", "SQLite: "),
        ("gateway/store/records.py", "import asyncpg", "asyncpg: "),
        ("gateway/app.py", "import yaml", "YAML: "),
        ("gateway/app.py", "import uvicorn", "typer, rich and uvicorn: "),
        ("gateway/app.py", "import jinja2", "Jinja2 and its kin: "),
        ("gateway/pipeline/worker.py", "import starlette", "Starlette: "),
    ],
)
def test_a_forbidden_import_is_caught(copy: Path, file: str, line: str, broken: str) -> None:
    with (copy / file).open("a") as spoilt:
        spoilt.write(f"\n{line}\n")
    checked = lint_imports(copy)
    assert checked.returncode == 1
    assert any(said.startswith(broken) and "BROKEN" in said for said in checked.stdout.splitlines())


def test_a_new_module_needs_a_layer(copy: Path) -> None:
    (copy / "gateway" / "newcomer.py").write_text("")
    checked = lint_imports(copy)
    assert checked.returncode == 1
    assert "newcomer" in checked.stdout


def test_every_runtime_import_has_an_owner_or_needs_none() -> None:
    owned = {name for contract in CONTRACTS for name in contract.get("protected_modules", [])}
    imported = {name for _, name in third_party_imports() if name not in map(_module, PART_OF)}
    assert imported - owned - IMPORTED_ANYWHERE == set()


def test_every_import_is_a_declared_dependency() -> None:
    project = PROJECT["project"]
    extras = [
        line for name, lines in project["optional-dependencies"].items() if name != "test" for line in lines
    ]
    declared = {canonicalize_name(Requirement(line).name) for line in project["dependencies"] + extras}
    known = packages_distributions()
    for file, module in third_party_imports():
        names = {canonicalize_name(name) for name in known.get(module, [module])}
        assert {PART_OF.get(name, name) for name in names} & declared, f"{file} imports {module}"


def _module(distribution: str) -> str:
    return distribution.replace("-", "_")
