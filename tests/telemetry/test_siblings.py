"""Processes of one gateway: their files, their sum, and what the next one inherits."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.telemetry import named, siblings
from gateway.telemetry.series import Series
from gateway.telemetry.siblings import Siblings

EVENTS = (named.EVENTS.name, ("stripe",))
IN_FLIGHT = (named.REQUESTS.name, ())


def counted(events: int, in_flight: int = 0) -> Series:
    return {EVENTS: events, IN_FLIGHT: in_flight}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the parent makes."""
    made = siblings.folder_of(tmp_path, "gateway")
    siblings.empty(made)
    return made


def test_any_process_tells_of_all(folder: Path) -> None:
    one, other = Siblings(folder, 0), Siblings(folder, 1)
    other.write(counted(5, in_flight=2))
    assert one.together(counted(3, in_flight=1)) == {EVENTS: 8, IN_FLIGHT: 3}


def test_its_own_file_is_not_counted_twice(folder: Path) -> None:
    one = Siblings(folder, 0)
    one.write(counted(3))
    assert one.together(counted(4)) == counted(4)


def test_who_takes_a_dead_ones_place_goes_on_from_its_counters(folder: Path) -> None:
    Siblings(folder, 1).write(counted(5, in_flight=2))
    again = Siblings(folder, 1)
    assert again.together(counted(1)) == counted(6)
    again.write(counted(1, in_flight=0))
    assert Siblings(folder, 0).together({}) == counted(6)
    assert Siblings(folder, 1).earlier == {EVENTS: 6}


def test_a_spoilt_file_counts_for_nothing(folder: Path) -> None:
    (folder / "1.json").write_bytes(b'[["gateway_eve')
    assert Siblings(folder, 0).together(counted(1)) == counted(1)


def test_the_parent_begins_with_nothing_for_its_user_only(folder: Path) -> None:
    Siblings(folder, 1).write(counted(5))
    siblings.empty(folder)
    assert Siblings(folder, 1).earlier == {}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_gone_costs_the_others_view_only(folder: Path) -> None:
    one = Siblings(folder, 0)
    siblings.remove(folder)
    one.write(counted(1))
    assert one.together(counted(2)) == counted(2)
