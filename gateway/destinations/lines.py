"""JSON lines: one event, one line, appended to a file and on disk, or written to standard output."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import select
import stat
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial

import orjson

from gateway.config import Subscription
from gateway.config.destinations.lines import File
from gateway.destinations.contract import Answer
from gateway.destinations.message import message, ms_since
from gateway.destinations.writer import Take, Writer
from gateway.store.records import Claimed

WAYS_OUT: Mapping[int, str] = {
    errno.ENOENT: "its folder is missing; make it",
    errno.ENOTDIR: "part of the path is no folder; correct the path",
    errno.EISDIR: "it is a folder; name a file in it",
    errno.EACCES: "let the user that the gateway runs as read and write it, and read its folder",
    errno.EPERM: "let the user that the gateway runs as read and write it, and read its folder",
    errno.EROFS: "name a file in a folder that can be written",
    errno.ENOSPC: "free some space on its disk",
    errno.EDQUOT: "free some space, or raise the quota",
    errno.EFBIG: "rotate it, or raise the limit for the size of a file",
    errno.EPIPE: "nobody reads it any more; start the gateway again with a reader",
    errno.EBADF: "start the gateway with one, or deliver to a file",
}
"""What to do, by the error that the system gave."""


class LineDestination:
    """Hands one line a delivery to a writer, and tells what became of it."""

    def __init__(self, subscription: Subscription, name: str, writer: Writer) -> None:
        """`name` is what error texts call the place."""
        self._format = subscription.format
        self._timeout = subscription.destination.timeout
        self._name = name
        self._writer = writer

    async def deliver(self, claimed: Claimed, now: float) -> Answer:
        """Write one line. A file has it on its disk then; standard output has taken it, no more."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout):
                place = await self._writer.put(line(claimed, self._format))
        except TimeoutError:
            return Answer(ms_since(started), error=f"{self._name} took no line within {self._timeout:g} s")
        except OSError as error:
            return Answer(ms_since(started), error=f"{self._name}: {_explained(error)}")
        return Answer(ms_since(started), response=place)

    async def close_unused(self) -> None:
        """Nothing is kept open: the file can be rotated at any time, standard output is the process's."""

    async def close(self) -> None:
        """Nothing is kept open."""


class FileDestination(LineDestination):
    """Appends to a file, whole lines only, also where several processes write to the same one."""

    def __init__(self, subscription: Subscription) -> None:
        assert isinstance(subscription.destination, File)
        path = subscription.destination.path
        super().__init__(subscription, path, Writer(partial(_append, path)))


class StdoutDestination(LineDestination):
    """Writes to the standard output of this process."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(subscription, "standard output", _STDOUT)


def line(claimed: Claimed, format: str) -> bytes:
    """The delivery as one line. A line break within JSON can only be white space between its parts."""
    return message(claimed, format).body.translate(_BLANKS) + b"\n"


_BLANKS = bytes.maketrans(b"\r\n", b"  ")


def _explained(error: OSError) -> str:
    said = error.strerror or str(error)
    way_out = WAYS_OUT.get(error.errno or 0)
    return f"{said}; {way_out}" if way_out else said


def _append(path: str, take: Take) -> Sequence[str]:
    """Add lines to the end of the file, on disk when this returns; tells where each begins.

    A file that was moved away meanwhile may be read no more: the lines go to the new one too.
    """
    lines: Sequence[bytes] = ()
    for _ in range(2):
        with _locked(path) as descriptor:
            lines = lines or take()
            start = _add(descriptor, path, b"".join(lines))
            if _is_in_place(descriptor, path):
                return [_place(path, at) for at in _starts(start, lines)]
    raise OSError(None, "was moved away twice while it was written to")


@contextmanager
def _locked(path: str) -> Iterator[int]:
    """The file, which no other gateway writes to meanwhile; made where it is missing."""
    # without O_NONBLOCK a named pipe would hold us until somebody reads it
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o640)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(None, "is a pipe or a device, which keeps nothing on disk; name a file")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _add(descriptor: int, path: str, text: bytes) -> int:
    """Write to the end, then to the disk; gives where it begins. Ends a line that somebody left torn."""
    size = os.fstat(descriptor).st_size
    if size == 0:
        _keep_name(path)
    elif os.pread(descriptor, 1, size - 1) != b"\n":
        size += os.write(descriptor, b"\n")
    left = memoryview(text)
    while left:
        left = left[os.write(descriptor, left) :]
    os.fsync(descriptor)
    return size


def _keep_name(path: str) -> None:
    """Put the folder on disk: a new file's name is not there before."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _is_in_place(descriptor: int, path: str) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    return False


def _starts(start: int, lines: Sequence[bytes]) -> Iterator[int]:
    for each in lines:
        yield start
        start += len(each)


def _place(path: str, offset: int) -> str:
    return orjson.dumps({"path": path, "offset": offset}).decode()


class _Output:
    """The standard output of this process, which its subscriptions share."""

    def __init__(self) -> None:
        self._torn = False

    def write(self, take: Take) -> Sequence[str]:
        """Write lines past Python's buffer: the process could not end while that one waits for a reader."""
        if sys.stdout is None or sys.stdout.closed:  # its number may be another file's by now
            raise OSError(errno.EBADF, "is closed")
        lines = take()
        text = left = memoryview((b"\n" if self._torn else b"") + b"".join(lines))
        try:
            while left:
                left = left[_written(sys.stdout.fileno(), left) :]
        finally:
            if len(left) < len(text):
                self._torn = text[len(text) - len(left) - 1] != ord("\n")
        return [""] * len(lines)


def _written(descriptor: int, text: memoryview) -> int:
    try:
        return os.write(descriptor, text)
    except BlockingIOError:  # another process has made our common pipe a non-blocking one
        select.select([], [descriptor], [])
        return 0


_STDOUT = Writer(_Output().write)
