"""Printing rows: a table with colour on a terminal, plain columns when piped, or JSON lines."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import orjson
import typer

from gateway.cli.opening import NOTHING, note, stop, unknown
from gateway.event import API, SYSTEM
from gateway.operate.opened import Looked
from gateway.operate.paging import Fetch
from gateway.operate.paging import Numbered as Numbered
from gateway.operate.paging import pages as pages
from gateway.store.records import Query

TABLE_LIMIT = 100
"""Rows of a table unless --limit says otherwise."""

STYLES = {"succeeded": "green", "pending": "yellow", "dead": "red", "differs": "red", "cancelled": "dim"}
"""Cells that have a colour on a terminal."""


Row = TypeVar("Row")
Stored = TypeVar("Stored", bound=Numbered)
Columns = Mapping[str, Callable[[Row], str]]
"""The title of each column and what stands in it."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """How a kind of row is printed: `noun` in the plural, its columns, a function for its JSON."""

    noun: str
    columns: Columns[Row]
    json: Callable[[Row], Mapping[str, Any]]


async def show(
    listing: Listing[Stored],
    fetch: Fetch[Stored],
    query: Query,
    opened: Looked,
    limit: int | None,
    as_json: bool,
) -> None:
    """Print the rows that `query` wants: as JSON lines all unless there is a `limit`, as a table TABLE_LIMIT.

    Where there is none it says so on stderr: an empty list is no failure.
    """
    rows = pages(fetch, query)
    if as_json:
        count = await print_lines(listing, rows, limit)
    else:
        count = await _print_rows(listing, rows, limit or TABLE_LIMIT)
    if not count:
        tell_nothing(listing.noun, query.source, query.subscription, opened)


def tell_nothing(noun: str, source: str | None, subscription: str | None, opened: Looked) -> None:
    """Say on stderr that no row matched: no failure, unless the config has no such source or subscription."""
    text = f"no {noun} match in {opened.place}"
    if source not in (None, SYSTEM, API) and source not in (known := list(opened.names("source"))):
        raise stop(f"{text}; {unknown('source', source, known, opened.file)}", NOTHING)
    if subscription is not None and subscription not in (known := list(opened.names("subscription"))):
        raise stop(f"{text}; {unknown('subscription', subscription, known, opened.file)}", NOTHING)
    note(text)


async def print_lines(listing: Listing[Row], rows: AsyncIterator[Row], limit: int | None) -> int:
    """Print JSON lines, `limit` at most. Returns how many."""
    count = 0
    async for row in rows:
        print_json(listing.json(row))
        count += 1
        if count == limit:
            break
    return count


async def _print_rows(listing: Listing[Row], rows: AsyncIterator[Row], limit: int) -> int:
    found: list[Row] = []
    async for row in rows:
        if len(found) == limit:
            tell_left_off(listing.noun, limit)
            break
        found.append(row)
    if found:
        print_table(listing.columns, found)
    return len(found)


def tell_left_off(noun: str, limit: int) -> None:
    """Say that a table ends before the rows do."""
    note(f"only the first {limit} {noun} are shown; for more: --limit {limit * 10}, or --json for all")


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on one line."""
    typer.echo(orjson.dumps(value))


def print_table(columns: Columns[Row], rows: Sequence[Row]) -> None:
    """A header and a line a row, in full; on a terminal with colour and folded to its width."""
    cells = [[printable(cell(row)) for cell in columns.values()] for row in rows]
    if sys.stdout.isatty():
        _print_coloured([*columns], cells)
    else:
        for line in aligned([[*columns], *cells]):
            typer.echo(line)


def aligned(cells: Sequence[Sequence[str]]) -> list[str]:
    """Lines whose columns begin one below the other, two spaces apart; an empty cell is a dash."""
    filled = [[cell or "-" for cell in row] for row in cells]
    widths = [max(map(len, column)) for column in zip(*filled, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in filled]


def _print_coloured(titles: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in cells:
        # Text, not str: rich would take [brackets] of a provider for its own markup.
        table.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    Console().print(table)


def printable(text: str) -> str:
    """`text` on one line and without what a terminal would obey; providers write parts of it."""
    return "".join(char if char.isprintable() else "�" for char in " ".join(text.split()))


def local(ms: int | None) -> str:
    """Unix ms as local time, to the second."""
    return "" if ms is None else datetime.fromtimestamp(ms / 1000).strftime("%Y-%m-%d %H:%M:%S")
