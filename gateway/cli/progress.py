"""A progress bar on a terminal, and nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def is_shown() -> bool:
    """Whether bars are drawn at all: what is only done for one can be left out elsewhere."""
    return Console(file=sys.stderr).is_terminal


@contextmanager
def bar(title: str, total: int | None = None, beside: bool = False) -> Iterator[Callable[[int], None]]:
    """Gives what is called with how many more are done; `total` None: nobody knows how many there are.

    `beside` says that lines are printed meanwhile: on a terminal they are progress enough.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(file=sys.stderr)
    is_off = not console.is_terminal or (beside and sys.stdout.isatty())
    with Progress(*columns, console=console, disable=is_off, transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done: progress.advance(task, done)
