"""Printing rows: a table with colour on a terminal, plain columns when piped, or JSON lines."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import orjson
import typer

from gateway.cli.opening import NOTHING, Opened, note, stop, unknown
from gateway.event import API, SYSTEM
from gateway.store.records import Query

PAGE = 500
"""Rows that are read from the store at a time."""

TABLE_LIMIT = 100
"""Rows of a table unless --limit says otherwise."""

STYLES = {"succeeded": "green", "pending": "yellow", "dead": "red", "differs": "red", "cancelled": "dim"}
"""Cells that have a colour on a terminal."""


class Numbered(Protocol):
    """A row that knows its place in the order of the store."""

    @property
    def seq(self) -> int: ...


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


async def pages(
    fetch: Callable[[Query], Awaitable[Sequence[Stored]]], query: Query, size: int = PAGE
) -> AsyncIterator[Stored]:
    """Every row that `query` wants, newest first, read `size` at a time."""
    while True:
        page = await fetch(replace(query, limit=size))
        for row in page:
            yield row
        if len(page) < size:
            return
        query = replace(query, before=page[-1].seq)


async def show(
    listing: Listing[Stored],
    fetch: Callable[[Query], Awaitable[Sequence[Stored]]],
    query: Query,
    opened: Opened,
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


def tell_nothing(noun: str, source: str | None, subscription: str | None, opened: Opened) -> None:
    """Say on stderr that no row matched: no failure, unless the config has no such source or subscription."""
    settings = opened.settings
    text = f"no {noun} match in {settings.store.name}"
    if source not in (None, SYSTEM, API, *settings.sources):
        raise stop(f"{text}; {unknown('source', str(source), settings.sources, settings.file)}", NOTHING)
    if subscription not in (None, *settings.subscriptions):
        known = settings.subscriptions
        raise stop(f"{text}; {unknown('subscription', str(subscription), known, settings.file)}", NOTHING)
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


def on_one_line(document: str) -> orjson.Fragment:
    """A JSON document unchanged but for its line breaks, which JSON has between tokens only."""
    return orjson.Fragment(document.replace("\n", " ").replace("\r", " ").encode())
