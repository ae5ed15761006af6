"""A shell that stays open from one command to the next, as a reader's does: what is exported is there."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


class Shell:
    """bash in a folder."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "--norc"], cwd=folder, env=env, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._script = folder / ".command"

    def run(self, command: str, within: float = 90) -> tuple[str, int]:
        """What a command says, on either stream, and how it ends. Raises TimeoutError."""
        self._script.write_text(command)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(b'. ./.command </dev/null; printf "\\0%d\\n" $?\n')
        self._process.stdin.flush()
        said, deadline = b"", time.monotonic() + within
        while b"\0" not in said or not said.endswith(b"\n"):
            if not select.select([self._process.stdout], [], [], deadline - time.monotonic())[0]:
                raise TimeoutError(f"$ {command}\n{said.decode()}\nhas not ended within {within} s")
            said += os.read(self._process.stdout.fileno(), 1 << 16)
        text, _, code = said.rpartition(b"\0")
        return text.decode(), int(code)

    def variables(self) -> dict[str, str]:
        """What it hands to a program: variables, and functions that were exported."""
        pairs = (one.partition("=") for one in self.run("env -0 | tr '\\0' '\\1'")[0].split("\1"))
        return {name: value for name, _, value in pairs if name}

    def close(self) -> None:
        """End it, and what it left behind."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()
