"""`gateway store copy`, which moves a running installation from SQLite to PostgreSQL, and its neighbours."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway import runfile
from gateway.cli.encryption import key, reencrypt
from gateway.cli.opening import NOTHING, STORE, USAGE, stop
from gateway.store import StoreError, copying, open_copy

SQLITE, POSTGRES = "sqlite:///", ("postgresql://", "postgres://")


def register(app: typer.Typer) -> None:
    """Add the group of commands to `app`."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.callback()(lambda: None)
    group.command()(copy)
    group.command()(key)
    group.command()(reencrypt)
    app.add_typer(group, name="store", help="Copy a store into another engine's; make keys, change them.")


def copy(
    source: Annotated[str, typer.Argument(metavar="SQLITE_URL", help="sqlite:///data/gateway.db")],
    target: Annotated[str, typer.Argument(metavar="POSTGRES_URL", help="postgresql://user:…@host/gateway")],
) -> None:
    """Copy every row into an empty database and compare both sides. Run it again to go on."""
    path = _file(source)
    if not target.startswith(POSTGRES):
        raise stop("the target must be a URL such as postgresql://user:password@host/gateway", USAGE)
    held = runfile.hold(path.parent)
    if held is None:
        raise stop(f"a gateway runs on {path.parent}; stop it first, so that nothing is left behind", STORE)
    try:
        same = asyncio.run(_copied(path, target))
    except StoreError as error:
        raise stop(f"{error}\nnothing is lost: run the same command again to go on", STORE) from error
    finally:
        os.close(held)
    if not same:
        raise stop("the two stores differ; empty the target and copy again", NOTHING)
    typer.echo("the same on both sides; set store.url to the target and start the gateway")


def _file(source: str) -> Path:
    path = Path(source.removeprefix(SQLITE))
    if not source.startswith(SQLITE) or not path.is_file():
        raise stop(
            f"{source!r} is not a SQLite store that exists; write one such as sqlite:///data/gateway.db",
            USAGE,
        )
    return path.absolute()


async def _copied(path: Path, url: str) -> bool:
    async with open_copy(path, url) as (source, target):
        counts = await source.counts()
        with _bar("copying", counts) as tell:
            await copying.copy(source, target, tell)
        with _bar("comparing", counts) as tell:
            compared = await copying.compare(source, target, tell)
    for one in compared:
        verdict = "same" if one.same else "DIFFERS"
        typer.echo(f"{one.name:17} {one.rows:>12,}  sha256 {one.digest[:16]}  {verdict}")
    return all(one.same and one.rows == counts[one.name] for one in compared)


@contextmanager
def _bar(title: str, counts: Mapping[str, int]) -> Iterator[copying.Progress]:
    """A progress bar for each stream on a terminal, nothing elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        tasks = {name: progress.add_task(f"{title} {name}", total=total) for name, total in counts.items()}
        yield lambda name, rows: progress.advance(tasks[name], rows)
