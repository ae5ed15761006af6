"""Packages of one test, which the next must not find imported."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def forgotten(package: str) -> Iterator[None]:
    """Let the block import `package` from wherever it likes; afterwards nothing is left of that."""
    before = list(sys.path)
    yield
    sys.path[:] = before
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
