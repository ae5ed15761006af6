"""The file in the data folder by which other commands find a running gateway and hear what it did.

It holds the process number, the config's path, and what became of the last reload.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "gateway.run"


@dataclass(frozen=True, slots=True)
class RunFile:
    """A running gateway: `seen` is the digest of the config file it last read, `problems` why it refused."""

    pid: int
    config: str
    url: str
    seen: str
    problems: Sequence[str] = ()
    restart_needed: Sequence[str] = ()

    def write(self, folder: Path) -> None:
        """Replace the file in one step, readable by this user only."""
        path = folder / NAME
        draft = path.with_suffix(f".{self.pid}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file)
        draft.replace(path)


def read(folder: Path) -> RunFile | None:
    """The gateway that runs on this data folder, or None where there is none."""
    try:
        values = json.loads((folder / NAME).read_text(encoding="utf-8"))
        running = RunFile(**values)
        os.kill(running.pid, 0)
    except (OSError, ValueError, TypeError):
        return None
    return running


def remove(folder: Path) -> None:
    """Take the file away when the gateway ends."""
    (folder / NAME).unlink(missing_ok=True)


def digest(config: Path) -> str:
    """What identifies a version of the config file; empty where it can't be read."""
    try:
        return hashlib.sha256(config.read_bytes()).hexdigest()
    except OSError:
        return ""
