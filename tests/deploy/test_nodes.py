"""Every way to run nodes agrees with the command line, the image and its config."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.main import get_command

from gateway.app import Gateway
from gateway.cli import app
from gateway.config import Settings, parse_duration
from tests.deploy.files import (
    COMPOSE,
    DEPLOY,
    NODES,
    OURS,
    PODS,
    VERSION,
    WAYS,
    commands,
    container,
    dockerfile,
    loaded,
    of,
    setting,
    units,
)

MARGIN = 5
"""Seconds that a node may take beyond `server.shutdown_timeout` before it is killed, at the least."""


# The command line and the image


@pytest.mark.parametrize("command", commands())
def test_every_command_is_one_of_the_gateway_s(command: list[str]) -> None:
    verb, *arguments = command
    found: Any = get_command(app)
    parsed = found.commands[verb].make_context(verb, arguments)
    assert parsed.params["config"].is_absolute()


def test_the_entry_point_is_the_image_s() -> None:
    assert dockerfile("ENTRYPOINT") == "gateway"
    assert not any("entrypoint" in one for one in OURS.values())
    assert not any("command" in container(name) for name in PODS)


def test_images_are_of_this_version_or_pinned() -> None:
    images = {one["image"] for one in COMPOSE["services"].values()} | {container(n)["image"] for n in PODS}
    assert {one for one in images if "gateway" in one} == {f"webhook-gateway:{VERSION}"}
    assert all(re.search(r":\d+(\.\d+)*(-\w+)?$", image) for image in images)
    assert [name for name in of("Job") if not name.endswith(VERSION.replace(".", "-"))] == []


def test_the_image_is_built_with_what_the_store_needs() -> None:
    extras = {one["build"]["args"]["EXTRAS"] for one in OURS.values()} | {dockerfile("ARG")[7:]}
    assert extras == {"postgres"}
    assert (DEPLOY / "compose" / COMPOSE["x-gateway"]["build"]["context"] / "Dockerfile").is_file()


def test_the_config_lies_where_the_command_looks() -> None:
    for one in OURS.values():
        mounted = {each["source"]: each["target"] for each in one["configs"]}
        assert one["command"][-1] == mounted["gateway"] == f"{dockerfile('WORKDIR')}/config.yaml"
    for name in PODS:
        mounts = {each["name"]: each["mountPath"] for each in container(name)["volumeMounts"]}
        assert container(name)["args"][-1] == f"{mounts['config']}/config.yaml"


def test_run_files_go_to_the_volume_of_the_image_as_its_user(tmp_path: Path) -> None:
    user, volume = dockerfile("USER").split(":")[0], dockerfile("VOLUME")
    for one in OURS.values():
        assert one["tmpfs"][0].startswith(f"{volume}:uid={user},gid={user},")
    for name, pod in PODS.items():
        who = pod["spec"]["securityContext"]
        assert who["runAsUser"] == who["runAsGroup"] == who["fsGroup"] == int(user)
        assert volume in {each["mountPath"] for each in container(name)["volumeMounts"]}
    assert str(loaded(WAYS["kubernetes"], tmp_path).store.folder) == volume
    assert WAYS["compose"].config.count("data_folder") == 0  # beside the config, so on the volume too


# The configs


@pytest.mark.parametrize("name", WAYS)
def test_the_config_is_valid_with_the_secrets_that_are_given(name: str, tmp_path: Path) -> None:
    settings = loaded(WAYS[name], tmp_path)
    assert settings.sources and settings.subscriptions and not settings.unset_secrets


@pytest.mark.parametrize("name", WAYS)
def test_no_secret_is_given_for_nothing(name: str) -> None:
    used = set(re.findall(r"file:\S*?/(\w+)[\"\]\s]", WAYS[name].config))
    assert used == WAYS[name].secrets


@pytest.mark.parametrize("name", ["compose", "kubernetes"])
def test_many_nodes_have_one_store_and_listen_on_the_image_s_port(name: str, tmp_path: Path) -> None:
    settings = loaded(WAYS[name], tmp_path)
    assert settings.store.is_shared
    assert str(settings.server.port) == dockerfile("EXPOSE")
    assert settings.server.host == "0.0.0.0"


def test_one_config_of_systemd_does_for_one_machine_and_for_many(tmp_path: Path) -> None:
    way = WAYS["systemd"]
    assert not loaded(way, tmp_path).store.is_shared
    shared = loaded(way, tmp_path, GATEWAY_STORE_URL="postgresql://gateway@db/gateway")
    assert shared.store.is_shared and shared.store.folder == Path("/var/lib/gateway")


def test_the_nodes_at_most_have_connections_enough(tmp_path: Path) -> None:
    each = loaded(WAYS["kubernetes"], tmp_path).store.connections + 1
    pods = sum(one["spec"]["maxReplicas"] + 1 for one in of("HorizontalPodAutoscaler").values())
    assert each * pods <= 97, "PostgreSQL has 100 unless told otherwise, 3 of them for superusers"
    assert "-cmax_connections=100" in COMPOSE["services"]["postgres"]["command"]


# Probes and stopping


def answer(settings: Settings, path: str) -> int:
    """What a gateway that has not opened its store yet answers."""

    async def ask() -> int:
        transport = httpx.ASGITransport(Gateway(settings))
        async with httpx.AsyncClient(transport=transport, base_url="http://node") as client:
            return (await client.get(path)).status_code

    return asyncio.run(ask())


@pytest.mark.parametrize("name", ["gateway-ingest", "gateway-worker"])
def test_probes_ask_what_the_gateway_answers(name: str, tmp_path: Path) -> None:
    settings = loaded(WAYS["kubernetes"], tmp_path)
    kinds = ("startup", "liveness", "readiness")
    probes = {kind: container(name)[f"{kind}Probe"]["httpGet"] for kind in kinds}
    assert {port["containerPort"] for port in container(name)["ports"]} == {settings.server.port}
    assert {one["port"] for one in probes.values()} == {"http"}
    # the store is away: alive, and not ready
    status = {kind: answer(settings, one["path"]) for kind, one in probes.items()}
    assert status == {"startup": 200, "liveness": 200, "readiness": 503}


@pytest.mark.parametrize("name", NODES)
def test_compose_waits_for_nodes_that_can_store(name: str) -> None:
    check = NODES[name]["healthcheck"]["test"][-1]
    assert f"'127.0.0.1', {dockerfile('EXPOSE')}" in check and "'/readyz'" in check
    assert NODES[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_nodes_have_the_time_to_stop(tmp_path: Path) -> None:
    within = {name: loaded(way, tmp_path).server.shutdown_timeout for name, way in WAYS.items()}
    for one in NODES.values():
        assert parse_duration(one["stop_grace_period"]) >= 2 * within["compose"] + MARGIN
    for name, phases in (("gateway-ingest", 1), ("gateway-worker", 2)):
        before = container(name).get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        given = PODS[name]["spec"]["terminationGracePeriodSeconds"]
        assert given >= before + phases * within["kubernetes"] + MARGIN
    for unit in units().values():
        assert int(setting(unit, "TimeoutStopSec")) >= 2 * within["systemd"] + MARGIN
