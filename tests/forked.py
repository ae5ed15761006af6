"""The gateway's commands as processes that need not import everything first.

A process of a second's imports costs a second of processor time, and the tests start hundreds. So one process
imports all that commands import, and every command is a fork of it: with its own process id, environment,
folder, files and signals, a real process in all but how its modules came to be there. Some tests still start
one the long way.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
PACKAGES = ("gateway", "adapters")


class Forked:
    """A command that runs. The methods are those of subprocess.Popen."""

    def __init__(
        self,
        arguments: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        stdout: IO[bytes],
        stderr: IO[bytes],
        stdin: int | None = None,
    ) -> None:
        """Run `python -m gateway` with `arguments`."""
        self.args = ["gateway", *arguments]
        self.returncode: int | None = None
        self._told = socket.socket(socket.AF_UNIX)
        self._told.connect(address())
        with open(os.devnull, "rb") as nothing:
            fds = [nothing.fileno() if stdin is None else stdin, stdout.fileno(), stderr.fileno()]
            asked = json.dumps({"arguments": list(arguments), "cwd": str(cwd), "env": dict(env)}).encode()
            socket.send_fds(self._told, [len(asked).to_bytes(4)], fds)
            self._told.sendall(asked)
            self.pid = int.from_bytes(self._told.recv(4, socket.MSG_WAITALL))

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            told = self._told.recv(4, socket.MSG_WAITALL)
            self._told.close()
            self.returncode = int.from_bytes(told, signed=True) if told else -signal.SIGKILL
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send_signal(signal.SIGKILL)


def run(arguments: Sequence[str], cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with what it says."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        forked = Forked(arguments, cwd, env, out, err)
        code = forked.wait()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(forked.args, code, out.read().decode(), err.read().decode())


@cache
def address() -> str:
    """Start the process that forks, once; where it listens. It ends with this one."""
    folder = tempfile.mkdtemp(prefix="gateway-forks-")
    path = f"{folder}/socket"
    command = [sys.executable, "-m", "tests.forked", path]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    atexit.register(process.kill)
    return path


def _serve(address: str) -> dict[str, object]:
    """Fork for whoever asks. Returns in the forks only, with what is asked of each."""
    running: dict[int, socket.socket] = {}
    woken, wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(128)
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([listener, woken, 0], [], [])
            if 0 in ready:
                os._exit(0)
            if woken in ready:
                os.read(woken, 4096)
                _tell_ended(running)
            if listener in ready:
                asked = _fork(listener.accept()[0], running)
                if asked is not None:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    os.close(woken)
                    os.close(wakes)
                    return asked


def _tell_ended(running: dict[int, socket.socket]) -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            with running.pop(ended[0]) as told, contextlib.suppress(OSError):
                told.sendall(os.waitstatus_to_exitcode(ended[1]).to_bytes(4, signed=True))


def _fork(asker: socket.socket, running: dict[int, socket.socket]) -> dict[str, object] | None:
    """Fork. What is asked for in the fork, whose files are the asker's now; None in this process."""
    length, fds, _, _ = socket.recv_fds(asker, 4, 3)
    text = asker.recv(int.from_bytes(length), socket.MSG_WAITALL)
    pid = os.fork()
    if pid:
        for fd in fds:
            os.close(fd)
        running[pid] = asker
        asker.sendall(pid.to_bytes(4))
        return None
    for target, fd in enumerate(fds):
        os.dup2(fd, target)
        os.close(fd)
    for other in (*running.values(), asker):
        other.close()
    asked: dict[str, object] = json.loads(text)
    return asked


def _import_all() -> None:
    """What commands import when they are used; an extra that is not here is missed by the command itself."""
    for package in PACKAGES:
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                with contextlib.suppress(ImportError):
                    importlib.import_module(module.name)


def main(address: str) -> None:
    """Import, then fork as asked; in a fork, be the command."""
    _import_all()
    gc.collect()
    gc.freeze()  # a collection in a fork leaves alone, and shared, what was imported
    asked = _serve(address)
    os.chdir(str(asked["cwd"]))
    os.environ.clear()
    os.environ.update(dict(asked["env"]))  # type: ignore[call-overload]
    time.tzset()
    random.seed()
    sys.argv = ["gateway", *asked["arguments"]]  # type: ignore[misc]
    sys.path[0] = str(asked.get("first", asked["cwd"]))
    _end(_run())


def _run() -> int:
    """Be the command. Its exit code."""
    try:
        runpy.run_module("gateway", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _end(code: int) -> None:
    """End as Python ends, but for taking apart every module: of a fork, that copies all of its memory."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1])
