"""JSON lines: into a file that others write to, move and lock, and onto a standard output of any kind."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.destinations import writer
from tests.contract.conftest import NOW, candidate
from tests.destinations.conftest import claimed
from tests.destinations.writing import destination, sized

pytestmark = pytest.mark.anyio

AT = NOW / 1000
ROOT = Path(__file__).parents[2]
PRETTY = '{\n  "a": [1,\r\n  2],\n  "text": "two\\nlines"\n}\n'


def file(path: Path, **more: object) -> dict[str, object]:
    return {"type": "file", "path": str(path), **more}


def lines(*paths: Path) -> list[dict[str, Any]]:
    """Every line of the files, each of which is whole JSON."""
    return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.mark.parametrize("format", ["event", "cloudevents"])
async def test_an_event_is_one_line_however_its_provider_broke_it(path: Path, format: str) -> None:
    opened = destination(file(path), format)
    for id in ("evt_1", "evt_2"):
        await opened.deliver(claimed(event=candidate(id, data=PRETTY).event), AT)
    assert [line["data"] for line in lines(path)] == [json.loads(PRETTY)] * 2
    assert path.read_bytes().count(b"\n") == 2


async def test_it_tells_where_the_line_begins(path: Path) -> None:
    answers = await asyncio.gather(*(destination(file(path)).deliver(sized(n, 9), AT) for n in "abcdef"))
    places = [json.loads(answer.response) for answer in answers]
    assert {place["path"] for place in places} == {str(path)}
    found = [json.loads(path.read_bytes()[place["offset"] :].splitlines()[0])["id"] for place in places]
    assert found == list("abcdef")


async def test_what_waits_is_written_together_and_in_order(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    opened = destination(file(path))
    answers = await asyncio.gather(*(opened.deliver(sized(str(n), 9), AT) for n in range(100)))
    assert all(answer.error is None for answer in answers)
    assert [line["id"] for line in lines(path)] == [str(n) for n in range(100)]
    assert 2 <= len(synced) < 20


async def test_no_more_than_a_bound_is_written_together(path: Path) -> None:
    opened = destination(file(path))
    answers = await asyncio.gather(*(opened.deliver(sized(n, writer.MOST // 2), AT) for n in "abcde"))
    assert all(answer.error is None for answer in answers)
    assert [line["id"] for line in lines(path)] == list("abcde")


def test_several_processes_write_whole_lines(path: Path) -> None:
    command = [sys.executable, "-m", "tests.destinations.writing", json.dumps(file(path)), "40", "30000"]
    running = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(3)]
    answers = [json.loads(line) for one in running for line in one.communicate(timeout=20)[1].splitlines()]
    assert [answer["error"] for answer in answers] == [None] * 120
    assert len({line["id"] for line in lines(path)}) == 120


async def test_lines_survive_rotations_under_way(path: Path) -> None:
    opened = destination(file(path))
    names = (str(number) for number in range(100_000))
    delivered: list[str] = []
    rotated: list[Path] = []

    async def deliver() -> None:
        while len(rotated) < 3:
            delivered.append(next(names))
            assert (await opened.deliver(sized(delivered[-1], 500), AT)).error is None

    delivering = asyncio.gather(*(deliver() for _ in range(4)))
    while len(rotated) < 3 and not delivering.done():
        await asyncio.sleep(0.05)
        rotated.append(path.rename(path.with_suffix(f".{len(rotated)}")))
    await delivering
    assert {line["id"] for line in lines(*filter(Path.exists, [*rotated, path]))} == set(delivered)


@pytest.fixture
def held(path: Path) -> Iterator[int]:
    """The file, there already and locked by somebody else."""
    path.touch()
    with path.open() as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        yield locked.fileno()


async def test_a_file_that_was_moved_away_meanwhile_gets_a_successor(path: Path, held: int) -> None:
    delivering = asyncio.create_task(destination(file(path)).deliver(sized("a", 9), AT))
    await asyncio.sleep(0.05)
    path.unlink()
    fcntl.flock(held, fcntl.LOCK_UN)
    assert (await delivering).error is None
    assert [line["id"] for line in lines(path)] == ["a"]


async def test_what_timed_out_is_not_written_later(path: Path, held: int) -> None:
    opened = destination(file(path, timeout="100ms"))
    began = time.monotonic()
    answers = await asyncio.gather(*(opened.deliver(sized(n, 9), AT) for n in "ab"))
    assert [answer.error for answer in answers] == [f"{path} took no line within 0.1 s"] * 2
    assert time.monotonic() - began < 0.5
    fcntl.flock(held, fcntl.LOCK_UN)
    assert (await opened.deliver(sized("c", 9), AT)).error is None
    assert [line["id"] for line in lines(path)] == ["c"]


async def test_a_torn_line_is_ended_before_the_next(path: Path) -> None:
    path.write_text('{"id": "torn')
    answer = await destination(file(path)).deliver(sized("a", 9), AT)
    torn, whole = path.read_text().splitlines()
    assert (torn, json.loads(whole)["id"]) == ('{"id": "torn', "a")
    assert path.read_bytes()[json.loads(answer.response)["offset"] :].startswith(b'{"id":"a"')


async def test_a_full_disk_costs_no_line_that_was_acknowledged(path: Path) -> None:
    opened = destination(file(path))
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limit[1]))
    try:
        answers = [await opened.deliver(sized(n, 600_000), AT) for n in "abc"]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert [answer.error for answer in answers[1:]] == [
        f"{path}: File too large; rotate it, or raise the limit for the size of a file"
    ] * 2
    assert (await opened.deliver(sized("d", 9), AT)).error is None
    first, torn, last = path.read_text().splitlines()
    assert (json.loads(first)["id"], json.loads(last)["id"]) == ("a", "d")
    assert torn.startswith('{"id":"b"') and len(torn) < 600_000


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A folder of things that are no files."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").touch()
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


# a place -> what the error says
ODD = [
    ("missing/events.jsonl", "No such file or directory; its folder is missing; make it"),
    ("folder", "it is a folder; name a file in it"),
    ("text/events.jsonl", "part of the path is no folder"),
    ("pipe", "is a pipe or a device, which keeps nothing on disk"),  # that nobody reads, so opening it blocks
    ("/dev/null", "is a pipe or a device"),
    ("/proc/version", ""),  # a file that takes nothing; what it says depends on who asks
]


@pytest.mark.parametrize(("name", "says"), ODD)
async def test_a_place_that_takes_no_lines(odd: Path, name: str, says: str) -> None:
    began = time.monotonic()
    answer = await destination(file(odd / name, timeout="5s")).deliver(claimed(), AT)
    assert answer.error and answer.error.startswith(str(odd / name)) and says in answer.error
    assert time.monotonic() - began < 1


async def test_a_pipe_with_a_reader_is_no_file_either(odd: Path) -> None:
    reader = os.open(odd / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    answer = await destination(file(odd / "pipe")).deliver(claimed(), AT)
    assert answer.error and "is a pipe" in answer.error
    assert os.read(reader, 10) == b""
    os.close(reader)


async def test_the_same_destination_goes_on_when_its_folder_is_back(tmp_path: Path) -> None:
    path = tmp_path / "later" / "events.jsonl"
    opened = destination(file(path))
    assert (await opened.deliver(sized("a", 9), AT)).error
    path.parent.mkdir()
    assert (await opened.deliver(sized("b", 9), AT)).error is None
    assert [line["id"] for line in lines(path)] == ["b"]


async def test_nothing_is_left_running(path: Path) -> None:
    opened = destination(file(path))
    await opened.deliver(claimed(), AT)
    await opened.close_unused()
    await opened.close()
    for thread in threading.enumerate():
        if thread.name == "gateway-writer":
            thread.join(timeout=1)
            assert not thread.is_alive()


# standard output


async def test_standard_output_gets_whole_lines(capfd: pytest.CaptureFixture[str]) -> None:
    opened, other = destination({"type": "stdout"}), destination({"type": "stdout"}, "cloudevents")
    event = candidate("evt_1", data=PRETTY).event
    answers = await asyncio.gather(*(each.deliver(claimed(event=event), AT) for each in (opened, other)))
    assert [(answer.error, answer.response) for answer in answers] == [(None, "")] * 2
    printed = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [line["data"] for line in printed] == [json.loads(PRETTY)] * 2


def writing(count: int, size: int, timeout: str = "5s", times: int = 1) -> list[str]:
    """The command of a process that delivers to its standard output."""
    values = json.dumps({"type": "stdout", "timeout": timeout})
    return [sys.executable, "-m", "tests.destinations.writing", values, str(count), str(size), str(times)]


def told(process: subprocess.Popen[bytes]) -> list[str | None]:
    """The errors that a process told of, when it has ended by itself."""
    assert process.stderr is not None
    errors = [json.loads(line)["error"] for line in process.stderr.read().splitlines()]
    process.stderr.close()
    assert process.wait(timeout=10) == 0
    return errors


def test_a_closed_standard_output_is_an_error_and_its_number_is_not_written_to() -> None:
    shell = ["sh", "-c", 'exec "$@" >&-', "sh", *writing(1, 9)]
    process = subprocess.Popen(shell, cwd=ROOT, stderr=subprocess.PIPE)
    assert told(process) == [
        "standard output: is closed; start the gateway with one, or deliver to a file",
    ]


def test_a_reader_that_has_gone_is_an_error() -> None:
    process = subprocess.Popen(writing(1, 9), cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    (error,) = told(process)
    assert error and error.startswith("standard output: Broken pipe; nobody reads it any more")


def test_a_reader_that_stands_still_holds_up_neither_the_answer_nor_the_end() -> None:
    began = time.monotonic()
    command = writing(2, 200_000, "200ms", times=2)
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    assert told(process) == ["standard output took no line within 0.2 s"] * 4
    assert time.monotonic() - began < 5
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.parametrize("blocking", [True, False])
def test_a_slow_reader_gets_whole_lines(blocking: bool) -> None:
    reading, written = os.pipe()
    os.set_blocking(written, blocking)
    process = subprocess.Popen(writing(20, 50_000), cwd=ROOT, stderr=subprocess.PIPE, stdout=written)
    os.close(written)
    time.sleep(0.5)
    with open(reading, "rb") as output:
        assert len([json.loads(line) for line in output]) == 20
    assert told(process) == [None] * 20
