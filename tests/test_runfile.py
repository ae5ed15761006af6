"""How a running gateway is found."""

from __future__ import annotations

import os
from pathlib import Path

from gateway.runfile import RunFile, hold, read, remove

RUNNING = RunFile(os.getpid(), "/c/config.yaml", "http://127.0.0.1:8080", "abc")


def test_a_held_folder_is_told_by_its_run_file(tmp_path: Path) -> None:
    lock = hold(tmp_path)
    assert lock is not None
    RUNNING.write(tmp_path)
    assert read(tmp_path) == RUNNING
    assert (tmp_path / "gateway.run").stat().st_mode & 0o777 == 0o600
    os.close(lock)


def test_a_file_left_behind_by_a_crash_misleads_nobody(tmp_path: Path) -> None:
    lock = hold(tmp_path)
    assert lock is not None
    RUNNING.write(tmp_path)
    os.close(lock)
    assert read(tmp_path) is None


def test_a_folder_is_held_once(tmp_path: Path) -> None:
    lock = hold(tmp_path)
    assert lock is not None
    assert hold(tmp_path) is None
    os.close(lock)
    again = hold(tmp_path)
    assert again is not None
    os.close(again)


def test_nothing_runs_on_an_empty_folder(tmp_path: Path) -> None:
    remove(tmp_path)
    assert read(tmp_path) is None
    assert read(tmp_path / "nowhere") is None
