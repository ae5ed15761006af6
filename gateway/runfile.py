"""How a running gateway is found: a lock in its data folder, and a file that tells what it did last.

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

NAME = "gateway"
"""The one gateway of an embedded store. Processes that share a PostgreSQL server are `gateway-PORT`."""


@dataclass(frozen=True, slots=True)
class RunFile:
    """A running gateway: `seen` is the digest of the config file it last read, `problems` why it refused."""

    pid: int
    config: str
    url: str
    seen: str
    problems: tuple[str, ...] = ()
    restart_needed: tuple[str, ...] = ()

    def write(self, folder: Path, name: str = NAME) -> None:
        """Replace the file in one step, readable by this user only."""
        path = _file(folder, name)
        draft = path.with_suffix(f".{self.pid}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file)
        draft.replace(path)


def hold(folder: Path, name: str = NAME) -> int | None:
    """Hold `name` until this process ends; None where another gateway has it. Returns the lock's handle.

    It tries for a moment, since a command that looks whether a gateway runs takes the lock in passing.
    """
    handle = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
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


def _is_held(lock: Path) -> bool:
    handle = os.open(lock, os.O_RDONLY)
    try:
        return not _locked(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.run"


def read(folder: Path, name: str = NAME) -> RunFile | None:
    """The gateway of this name that runs on this data folder, or None where there is none."""
    try:
        if not _is_held(folder / f"{name}.lock"):
            return None
        values = json.loads(_file(folder, name).read_text(encoding="utf-8"))
        lists = {name: tuple(values[name]) for name in ("problems", "restart_needed")}
        return RunFile(**values | lists)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def every(folder: Path) -> dict[str, RunFile]:
    """All gateways that run on this data folder, by name."""
    found = {lock.stem: read(folder, lock.stem) for lock in sorted(folder.glob("gateway*.lock"))}
    return {name: running for name, running in found.items() if running is not None}


def written_at(folder: Path, name: str) -> int:
    """When the file was last written (ns); 0 where there is none."""
    try:
        return _file(folder, name).stat().st_mtime_ns
    except OSError:
        return 0


def remove(folder: Path, name: str = NAME) -> None:
    """Take the file away when the gateway ends."""
    _file(folder, name).unlink(missing_ok=True)


def digest(config: Path) -> str:
    """What identifies a version of the config file; empty where it can't be read."""
    try:
        return hashlib.sha256(config.read_bytes()).hexdigest()
    except OSError:
        return ""
