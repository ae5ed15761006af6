"""What a session started and leaves running: gateways, subscribers, commands that show what happens."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.service.conftest import eventually


class Started:
    """A command with everything that it starts, in a group of its own, and what it says in a file."""

    def __init__(self, command: str, folder: Path, env: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                ["bash", "-c", command], cwd=folder, env=env, start_new_session=True,
                stdout=output, stderr=output, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    @property
    def said(self) -> str:
        """Everything so far."""
        return self._log.read_text()

    def lives(self) -> bool:
        """Whether the command goes on."""
        return self._process.poll() is None

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End the command and wait for everything that it started."""
        if self.lives():
            os.killpg(self._process.pid, how)
        self._process.wait(20)
        eventually(lambda: not self._group_lives())

    def _group_lives(self) -> bool:
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True
