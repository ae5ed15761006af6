"""How a running gateway is found: a lock on its data folder, and a file that tells what it did last.

The lock goes with the process, however it ends, so a file left behind by a crash misleads nobody.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "gateway.run"
LOCK = "gateway.lock"


@dataclass(frozen=True, slots=True)
class RunFile:
    """A running gateway: `seen` is the digest of the config file it last read, `problems` why it refused."""

    pid: int
    config: str
    url: str
    seen: str
    problems: tuple[str, ...] = ()
    restart_needed: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Replace the file in one step, readable by this user only."""
        path = folder / NAME
        draft = path.with_suffix(f".{self.pid}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file)
        draft.replace(path)


def hold(folder: Path) -> int | None:
    """Hold `folder` until this process ends; None where another gateway holds it. Returns the lock's handle.

    It tries for a moment, since a command that looks whether a gateway runs takes the lock in passing.
    """
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(5):
        if _locked(handle, fcntl.LOCK_EX):
            return handle
        time.sleep(0.05)
    os.close(handle)
    return None


def _locked(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_held(folder: Path) -> bool:
    handle = os.open(folder / LOCK, os.O_RDONLY)
    try:
        return not _locked(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def read(folder: Path) -> RunFile | None:
    """The gateway that runs on this data folder, or None where there is none."""
    try:
        if not _is_held(folder):
            return None
        values = json.loads((folder / NAME).read_text(encoding="utf-8"))
        lists = {name: tuple(values[name]) for name in ("problems", "restart_needed")}
        return RunFile(**values | lists)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def remove(folder: Path) -> None:
    """Take the file away when the gateway ends."""
    (folder / NAME).unlink(missing_ok=True)


def digest(config: Path) -> str:
    """What identifies a version of the config file; empty where it can't be read."""
    try:
        return hashlib.sha256(config.read_bytes()).hexdigest()
    except OSError:
        return ""
