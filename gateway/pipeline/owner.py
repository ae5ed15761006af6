"""Which process holds a lease, and whether it is still there."""

from __future__ import annotations

import os
import secrets
import socket
from functools import cache


@cache
def _started() -> str:
    """Made when it is first asked for, so that the forks of one process differ."""
    return secrets.token_hex(4)


def this_process() -> str:
    """A name for this process that no other has, also not a later one with the same number."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started()}"


def vanished(owner: str) -> bool:
    """Whether `owner` was a process of this machine that is no more. Of other machines it can't tell."""
    host, number, started = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    if int(number) == os.getpid():
        return started != _started()
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
