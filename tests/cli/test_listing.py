"""How rows are printed."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from datetime import datetime

import pytest
import typer

from gateway.cli.listing import aligned, printable
from gateway.cli.options import moment
from gateway.config import format_gap
from tests.cli.conftest import DAY, HOUR, NOW, SECOND, Home, event

# ms after the first -> how it reads
GAPS = [
    (0, "+0s"),
    (7, "+7ms"),
    (999, "+999ms"),
    (1499, "+1s"),  # past a second, ms do not matter
    (65_000, "+1m5s"),
    (3 * DAY + HOUR, "+3d1h"),
    (-90_000, "-1m30s"),  # released from quarantine after a later copy went in
]


@pytest.mark.parametrize(("ms", "text"), GAPS)
def test_gap(ms: int, text: str) -> None:
    assert format_gap(ms) == text


# what is typed -> Unix ms, where now is NOW
MOMENTS = [
    ("2h", NOW - 2 * HOUR),
    ("1h30m", NOW - HOUR - HOUR // 2),
    ("3d", NOW - 3 * DAY),
    ("2025-06-01T08:00:00Z", NOW),
    ("2025-06-01T09:00:00+01:00", NOW),
    ("2025-06-01", round(datetime(2025, 6, 1).timestamp() * 1000)),  # local midnight
]


@pytest.mark.parametrize(("text", "ms"), MOMENTS)
def test_a_moment_is_a_duration_ago_or_a_time(text: str, ms: int) -> None:
    assert moment(text, NOW / 1000) == ms


@pytest.mark.parametrize("text", ["", "2", "-2h", "2 h", "yesterday", "2026-02-30", "0001-01-01"])
def test_anything_else_is_no_moment(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is neither a duration"):
        moment(text, NOW / 1000)


def test_columns_are_aligned_and_nothing_is_empty() -> None:
    assert aligned([["A", "LONGER"], ["value", ""]]) == ["A      LONGER", "value  -"]


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    assert printable("a\x1b[31mred\x07\nb\u202e") == "a�[31mred� b�"


def test_a_document_keeps_its_numbers_on_one_line(home: Home) -> None:
    home.accept(event(data='{\n  "n": 1.10,\r\n  "big": 123456789012345678901234567890\n}'))
    line = home.gateway("events", "--json").stdout.rstrip("\n")
    assert "\n" not in line and "\r" not in line
    assert '"n": 1.10' in line and '"big": 123456789012345678901234567890' in line


def test_a_table_stops_at_its_limit_and_says_so(home: Home) -> None:
    home.accept(*(event(f"evt_{n}") for n in range(5)))
    result = home.gateway("events", "--limit", "3")
    assert [line.split()[3] for line in result.stdout.splitlines()[1:]] == ["evt_4", "evt_3", "evt_2"]
    assert result.stderr == "only the first 3 events are shown; for more: --limit 30, or --json for all\n"


def test_a_table_that_is_whole_says_nothing(home: Home) -> None:
    home.accept(*(event(f"evt_{n}") for n in range(3)))
    assert home.gateway("events", "--limit", "3").stderr == ""


def test_a_table_has_a_hundred_rows_unless_asked(home: Home) -> None:
    home.accept(*(event(f"evt_{n}") for n in range(101)))
    result = home.gateway("events")
    assert len(result.stdout.splitlines()) == 101
    assert "only the first 100 events" in result.stderr


def test_json_is_all_rows_page_by_page(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.listing.pages.__defaults__", (3,))
    home.accept(*(event(f"evt_{n}") for n in range(10)))
    assert [line["id"] for line in home.lines("events")] == [f"evt_{n}" for n in reversed(range(10))]


def test_json_keeps_to_a_limit(home: Home) -> None:
    home.accept(*(event(f"evt_{n}") for n in range(5)))
    assert [line["id"] for line in home.lines("events", "--limit", "2")] == ["evt_4", "evt_3"]


def test_an_empty_list_is_no_failure(home: Home) -> None:
    result = home.gateway("events", "--source", "stripe")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"no events match in {home.database}\n"


def test_nothing_matched_names_a_slip_of_the_hand(home: Home) -> None:
    result = home.gateway("events", "--source", "strip")
    guess = "there is no source 'strip'; did you mean 'stripe'? there are: billing, stripe"
    assert result.stderr == f"no events match in {home.database}; {home.config}: {guess}\n"


def _piped(home: Home) -> str:
    command = [sys.executable, "-m", "gateway", "events", "--config", str(home.config)]
    env = os.environ | {"COLUMNS": "40", "FORCE_COLOR": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout


def test_a_pipe_gets_plain_whole_lines(home: Home) -> None:
    [outcome] = home.accept(event("evt_" + "x" * 100))
    header, row = _piped(home).splitlines()
    assert header.split() == ["EVENT", "ID", "NAME", "SOURCE", "ID", "RECEIVED"]
    assert row.startswith(f"{outcome.event_id}  stripe/customer.created  stripe  evt_{'x' * 100}  20")


def _on_a_terminal(home: Home, *args: str) -> str:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "gateway", *args, "--config", str(home.config)]
    env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    with subprocess.Popen(command, stdout=theirs, env=env | {"TERM": "xterm", "COLUMNS": "200"}) as process:
        os.close(theirs)
        shown = b""
        while part := _read(ours):
            shown += part
    os.close(ours)
    assert process.returncode == 0
    return shown.decode()


def _read(file: int) -> bytes:
    try:
        return os.read(file, 65536)
    except OSError:  # Linux says so when the other side is closed
        return b""


def test_a_terminal_gets_colour(home: Home) -> None:
    home.accept(event(to=("app",)))
    shown = _on_a_terminal(home, "deliveries")
    assert "\x1b[33mpending" in shown
    assert not set(shown) & set("│─┃━┏┓")


def test_a_terminal_obeys_no_provider(home: Home) -> None:
    home.accept(event("[red]evt_1[/red]"))
    assert "[red]evt_1[/red]" in _on_a_terminal(home, "events")


def test_a_reader_that_leaves_early_sees_no_traceback(home: Home) -> None:
    data = '{"a":"%s"}' % ("x" * 10_000)
    home.accept(*(event(f"evt_{n}", data=data) for n in range(60)))
    command = [sys.executable, "-m", "gateway", "events", "--json", "--config", str(home.config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


def test_since_leaves_out_what_was_before(home: Home) -> None:
    home.accept(event("old", at=NOW), event("new", at=NOW + SECOND))
    assert [line["id"] for line in home.lines("events", "--since", "2025-06-01T08:00:01Z")] == ["new"]
