"""The processes of one `serve --workers N`: each writes down what it counted, and any of them tells of all.

They share one socket, so nobody knows which of them a scrape reaches. Each has a file, by its number, in a
folder that the parent empties at the start. A process that takes the place of one that died goes on from what
that one wrote: a counter never goes back while the gateway runs, but for what was counted in the last EVERY
seconds before a kill.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from pathlib import Path

from gateway.telemetry.series import Series, added, dumped, loaded, only_counted

EVERY = 1.0
"""Seconds from one writing to the next."""

log = logging.getLogger("gateway")


def folder_of(data_folder: Path, run_file: str) -> Path:
    """Where the processes of the gateway with this run file write."""
    return data_folder / f"{run_file}.counts"


def empty(folder: Path) -> None:
    """Make the folder, with nothing in it, for this user only."""
    remove(folder)
    folder.mkdir(mode=0o700, parents=True)


def remove(folder: Path) -> None:
    """Take it away."""
    shutil.rmtree(folder, ignore_errors=True)


class Siblings:
    """One process among the others; `earlier` is what its predecessors had counted."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._file = folder / f"{number}.json"
        self.earlier = only_counted(_read(self._file))

    def write(self, own: Series) -> None:
        """Write down what this process counted, in one step. A full disk costs only the others' view."""
        draft = self._file.with_suffix(".draft")
        try:
            draft.write_bytes(dumped(added([self.earlier, own])))
            draft.replace(self._file)
        except OSError as error:
            log.warning("%s: %s; /metrics may lag behind in other processes", self._file, error.strerror)

    def together(self, own: Series) -> Series:
        """What this process counted, its predecessors, and the others."""
        others = [_read(file) for file in self._folder.glob("*.json") if file != self._file]
        return added([self.earlier, own, *others])


def _read(file: Path) -> Series:
    with contextlib.suppress(OSError, ValueError):
        return loaded(file.read_bytes())
    return {}
