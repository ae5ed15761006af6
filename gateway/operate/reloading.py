"""Telling the gateways of this machine to read their config again, and what came of it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from gateway import runfile
from gateway.operate.rows import Row
from gateway.runfile import RunFile

WITHIN = 10.0
"""Seconds that a gateway has to answer."""


class ReloadRow(Row):
    """What came of it for one gateway: `problems` say why it keeps its old config.

    `restart_needed` are the keys that changed and are only read at the start.
    """

    name: str
    config: str
    problems: list[str]
    restart_needed: list[str]


class Reloaded(Row):
    """What came of it, for each gateway of this machine that works in the same data folder."""

    items: list[ReloadRow]


class Silent(Exception):
    """A gateway did not answer in time; its log says why."""


def reload_all(folder: Path) -> Iterator[ReloadRow]:
    """Have every gateway of this data folder read its config again, one after the other; waits for each.

    Raises Silent.
    """
    for name, running in runfile.every(folder).items():
        told = _reload(folder, name, running)
        problems, needed = list(told.problems), list(told.restart_needed)
        yield ReloadRow(name=name, config=told.config, problems=problems, restart_needed=needed)


def _reload(folder: Path, name: str, running: RunFile) -> RunFile:
    """Send SIGHUP and wait for the run file to be written anew."""
    before = runfile.written_at(folder, name)
    os.kill(running.pid, signal.SIGHUP)
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        time.sleep(0.02)
        answered = runfile.read(folder, name)
        if answered is not None and runfile.written_at(folder, name) != before:
            return answered
    raise Silent(f"the gateway (process {running.pid}) did not answer within {WITHIN:g} s; its log says why")
