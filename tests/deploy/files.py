"""What the files of deploy/ and the Dockerfile hold, for the tests that hold them together."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.config import Settings, load

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "docker-compose.yaml").read_text())
NGINX = (DEPLOY / "compose" / "nginx.conf").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
Object = dict[str, Any]


def manifests() -> list[Any]:
    """Every object of every manifest, the examples last, as parameters of a test."""
    files = [*sorted((DEPLOY / "kubernetes").glob("*.yaml")), *sorted(DEPLOY.glob("kubernetes/examples/*"))]
    found = [(file, one) for file in files for one in yaml.safe_load_all(file.read_text())]
    return [pytest.param(one, id=f"{file.stem}:{one['metadata']['name']}") for file, one in found]


OBJECTS: list[Object] = [one.values[0] for one in manifests()]


def of(kind: str) -> dict[str, Object]:
    """The objects of one kind by name."""
    return {one["metadata"]["name"]: one for one in OBJECTS if one["kind"] == kind}


PODS: dict[str, Object] = {
    name: one["spec"]["template"] for name, one in (of("Job") | of("Deployment")).items()
}
OURS: dict[str, Object] = {
    name: one for name, one in COMPOSE["services"].items() if one["image"].startswith("webhook-gateway")
}
NODES = {name: one for name, one in OURS.items() if name != "migrate"}


@dataclass(frozen=True)
class Way:
    """One way to run the gateway: the config and the names of its secrets' files, given in `folder`."""

    config: str
    folder: str
    secrets: frozenset[str]


WAYS = {
    "compose": Way(
        (DEPLOY / "compose" / "config.yaml").read_text(), "/run/secrets", frozenset(COMPOSE["secrets"])
    ),
    "kubernetes": Way(
        of("ConfigMap")["gateway-config"]["data"]["config.yaml"],
        "/run/secrets/gateway",
        frozenset(of("Secret")["gateway-secrets"]["stringData"]),
    ),
    "systemd": Way((DEPLOY / "systemd" / "config.yaml").read_text(), "", frozenset({"stripe", "welcome"})),
}


def loaded(way: Way, tmp_path: Path, **more: str) -> Settings:
    """The config as a node reads it, with its secrets where they are mounted."""
    for name in way.secrets:
        (tmp_path / name).write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    text = way.config.replace(f"file:{way.folder}/", f"file:{tmp_path}/") if way.folder else way.config
    (tmp_path / "config.yaml").write_text(text)
    env = {"POSTGRES_PASSWORD": "0f" * 32, "CREDENTIALS_DIRECTORY": str(tmp_path)} | more
    return load(tmp_path / "config.yaml", env)


def container(name: str) -> Object:
    """The one container of a pod."""
    (one,) = PODS[name]["spec"]["containers"]
    return dict(one)


def dockerfile(word: str) -> str:
    """What stands last behind an instruction of the Dockerfile."""
    return re.findall(rf"^{word} (.*)$", DOCKERFILE, re.MULTILINE)[-1].strip('[]"')


def units() -> dict[str, str]:
    """The units of systemd, an instance's port filled in."""
    return {file.stem: file.read_text().replace("%i", "8081") for file in DEPLOY.glob("systemd/*.service")}


def setting(unit: str, name: str) -> str:
    """The value of one setting of a unit."""
    return re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)[-1]


def commands() -> list[Any]:
    """What each container and unit runs `gateway` with."""
    found = []
    for name, one in OURS.items():
        found.append(pytest.param(one["command"], id=f"compose:{name}"))
    for name in PODS:
        found.append(pytest.param(container(name)["args"], id=f"kubernetes:{name}"))
    for name, unit in units().items():
        lines = re.findall(r"^Exec\w+=/opt/gateway/bin/gateway (.*)$", unit, re.MULTILINE)
        found += [pytest.param(line.split(), id=f"systemd:{name}:{line.split()[0]}") for line in lines]
    return found
