"""Several processes on one listening socket: started together, restarted when they die, stopped together."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

RESTART_AFTER = 1.0
"""Seconds from the death of a process to its next start, so that one that can't start is no busy loop."""

_AWAITED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

log = logging.getLogger("gateway")


@dataclass
class Processes:
    """The children of one parent. `arguments` are those of the command line of each, by its number.

    `inherited` are open files that they get. `reload` says whether a changed config may be passed on;
    `limit` is the seconds that a stop may take before what is left is killed.
    """

    arguments: Sequence[Sequence[str]]
    inherited: Sequence[int]
    reload: Callable[[], bool]
    limit: float
    _children: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    _due: dict[int, float] = field(default_factory=dict)

    def run(self) -> None:
        """Keep them all running until SIGTERM or SIGINT; SIGHUP goes on to each of them."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
        for number in range(len(self.arguments)):
            self._start(number)
        while True:
            got = signal.sigtimedwait(_AWAITED, RESTART_AFTER)
            if got is not None and got.si_signo in (signal.SIGTERM, signal.SIGINT):
                return self._stop()
            if got is not None and got.si_signo == signal.SIGHUP and self.reload():
                self._tell(signal.SIGHUP)
            self._revive()

    def _start(self, number: int) -> None:
        command = [sys.executable, "-m", "gateway", *self.arguments[number]]
        self._children[number] = subprocess.Popen(command, pass_fds=self.inherited, stdin=subprocess.DEVNULL)

    def _revive(self) -> None:
        """Note who died, and start again who has been dead for long enough."""
        now = time.monotonic()
        for number, child in list(self._children.items()):
            if child.poll() is not None:
                log.error("process %d ended with %s; it is started again", child.pid, child.returncode)
                del self._children[number]
                self._due[number] = now + RESTART_AFTER
        for number in [number for number, at in self._due.items() if at <= now]:
            del self._due[number]
            self._start(number)

    def _tell(self, what: signal.Signals) -> None:
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(what)

    def _stop(self) -> None:
        """Ask all to finish; kill who has not after `limit`."""
        self._tell(signal.SIGTERM)
        deadline = time.monotonic() + self.limit
        for child in self._children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("process %d did not stop in time", child.pid)
                child.kill()
                child.wait()


def unblock() -> None:
    """Let this process, a child, get the signals that its parent waits for."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _AWAITED)


def lifeline() -> tuple[int, int]:
    """A pipe whose reading end is for the children: it ends when this process does, however it ends."""
    reading, writing = os.pipe()
    return reading, writing
