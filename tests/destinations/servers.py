"""Real servers for the tests, from packages: nothing needs to be installed, and nothing is left behind."""

from __future__ import annotations

import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

GUARD = '"$@" & read -r _; kill -KILL $! 2>/dev/null; wait $!'
"""A shell that ends the server when its standard input ends, so however the tests themselves end."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def script(name: str) -> Path:
    """A program that a package has put beside the interpreter."""
    return Path(sysconfig.get_path("scripts")) / name


def inside(package: str, path: str) -> Path:
    """A program inside a package, found without importing it."""
    spec = find_spec(package)
    assert spec is not None and spec.origin is not None, f"the tests need the package {package}"
    return Path(spec.origin).parent / path


def is_frozen(pid: int) -> bool:
    """Whether every thread of a process has been stopped by a signal."""
    states = [
        stat.read_text().rpartition(")")[2].split()[0] for stat in Path(f"/proc/{pid}/task").glob("*/stat")
    ]
    return bool(states) and set(states) == {"T"}


class Server:
    """A server process on a port of 127.0.0.1 that stays the same, with a folder for its data."""

    def __init__(self, *command: str | Path, files: dict[str, str] | None = None) -> None:
        """`{port}` and `{folder}` in the command and in `files` (name -> text) are filled; then it starts."""
        self._temporary = tempfile.TemporaryDirectory(prefix="gateway-server-")
        self.folder = Path(self._temporary.name)
        self.port = free_port()
        self._command = [self.filled(str(part)) for part in command]
        for name, text in (files or {}).items():
            (self.folder / name).write_text(self.filled(text))
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def filled(self, text: str) -> str:
        """`text` with its port and folder."""
        return text.replace("{port}", str(self.port)).replace("{folder}", str(self.folder))

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", GUARD, "sh", *self._command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        self._until(self._is_listening)

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(timeout=10)
            self._process = None

    def freeze(self) -> None:
        """Stop it from doing anything; it is killed all the same."""
        assert self._process is not None
        pid = self._process.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            subprocess.run(["kill", f"-{signal.SIGSTOP.value}", child], check=True)
            self._until(partial(is_frozen, int(child)))  # its threads go on for a moment

    def _until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 15
        while not is_so():
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.01)

    def close(self) -> None:
        """Kill it and remove its folder."""
        self.kill()
        self._temporary.cleanup()

    def connections(self) -> int:
        """How many connections to it are open."""
        return sum(
            line.split()[3] == "01"
            for line in self._sockets()
            if line.split()[1].endswith(f":{self.port:04X}")
        )

    @staticmethod
    def _sockets() -> list[str]:
        return Path("/proc/net/tcp").read_text().splitlines()[1:]

    def _is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def values(type: str, **more: Any) -> dict[str, Any]:
    """The keys of a destination, with a timeout that no test waits out."""
    return {"type": type, "timeout": "5s"} | more
