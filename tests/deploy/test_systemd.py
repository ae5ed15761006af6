"""The units: systemd takes them as they are, and rates what they may do as little."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY, WAYS, loaded, setting, units

ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")

EXPOSURE = 15
"""The most that `systemd-analyze security` may rate, of 100; a unit without any protection has 96."""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as systemd finds them, with a program where theirs is."""
    program = tmp_path / "gateway"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for file in DEPLOY.glob("systemd/*.service"):
        (tmp_path / file.name).write_text(file.read_text().replace("/opt/gateway/bin/gateway", str(program)))
    return tmp_path


@needs_systemd
@pytest.mark.parametrize("name", units())
def test_systemd_takes_the_unit(name: str, installed: Path) -> None:
    command = [str(ANALYZE), "verify", "--man=no", str(installed / f"{name}.service")]
    verified = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (verified.returncode, verified.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("name", units())
def test_the_unit_may_do_little(name: str, installed: Path) -> None:
    command = [str(ANALYZE), "security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager"]
    rated = subprocess.run([*command, str(installed / f"{name}.service")], capture_output=True, timeout=60)
    assert rated.returncode == 0, rated.stdout.decode()


@pytest.mark.parametrize("name", units())
def test_data_go_where_the_unit_may_write(name: str, tmp_path: Path) -> None:
    folder = Path("/var/lib") / setting(units()[name], "StateDirectory")
    settings = loaded(WAYS["systemd"], tmp_path)
    assert settings.store.folder == folder == Path(settings.store.name).parent
    assert setting(units()[name], "ProtectSystem") == "strict"


@pytest.mark.parametrize("name", units())
def test_the_unit_is_handed_each_secret_of_the_config(name: str) -> None:
    handed = re.findall(r"^LoadCredential=(\w+):", units()[name], re.MULTILINE)
    assert set(handed) == WAYS["systemd"].secrets


def test_the_user_of_the_units_is_made() -> None:
    made = (DEPLOY / "systemd" / "gateway.sysusers.conf").read_text()
    assert {f"u {setting(unit, 'User')} -" in made for unit in units().values()} == {True}
