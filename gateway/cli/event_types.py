"""`gateway events types`: which events there are, what their data looks like, and models for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import partial
from typing import Annotated

import orjson
import typer

from gateway.cli.listing import Columns, aligned, local, print_json, print_table
from gateway.cli.opening import NOTHING, USAGE, ConfigOption, Opened, UrlOption, look, note, stop
from gateway.cli.options import JsonOption
from gateway.cli.progress import bar
from gateway.models import FORMATS
from gateway.operate.event_types import LAST, TypePage, TypeRow, type_counts, type_page
from gateway.operate.opened import Looked
from gateway.store.event_types import TypeCount

Format = StrEnum("Format", {name: name for name in FORMATS})  # type: ignore[misc]
"""What --emit may be, for typer."""


def types(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Only this one, or those that a pattern matches.")
    ] = None,
    emit: Annotated[
        Format | None, typer.Option("--emit", help="Write models for them, a whole file, to stdout.")
    ] = None,
    last: Annotated[
        int, typer.Option("--last", min=1, metavar="N", help="Look at the newest N events.")
    ] = LAST,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """List every event name: how often it came, when last, and the shape of its data.

    With one NAME: the JSON Schema that its newest 100 events keep, and the newest of them.
    """
    if emit is not None and as_json:
        raise stop("--emit and --json are two ways to print: leave one out", USAGE)

    async def job(opened: Looked) -> None:
        found = await _found(opened, name, last)
        if not found and name is not None:
            raise stop(
                f"none of the newest {last} events is called {name}; see: gateway events types", NOTHING
            )
        if not found:
            return note(f"no events match in {opened.place}")
        if emit is not None:
            schemas = {row.name: (await page()).schema_ for row, page in found}
            return typer.echo(FORMATS[emit.value](schemas), nl=False)
        if as_json:
            for _, page in found:
                print_json((await page()).plain())
        elif len(found) == 1 and found[0][0].name == name:
            _print_page(await found[0][1]())
        else:
            print_table(_COLUMNS, [row for row, _ in found])

    look(config, url, job)


Page = Callable[[], Awaitable[TypePage]]


async def _found(opened: Looked, pattern: str | None, last: int) -> list[tuple[TypeRow, Page]]:
    """Each name that matches, and how to have more of it."""
    if isinstance(opened, Opened):
        with bar("looking"):
            counts = await type_counts(opened.store, pattern, last)
        return [(TypeRow.of(count, opened.now), partial(_page, opened, count)) for count in counts]
    from gateway.cli.remote import type_page_of, types_of

    rows = types_of(opened, pattern, last)
    return [(row, partial(type_page_of, opened, row.name, last)) for row in rows]


async def _page(opened: Opened, count: TypeCount) -> TypePage:
    page = await type_page(opened.store, count, opened.now)
    if page is None:
        raise stop(f"the events {count.name} were purged just now; try again", NOTHING)
    return page


def _print_page(page: TypePage) -> None:
    cells = [[title.lower(), cell(page)] for title, cell in _COLUMNS.items()]
    for line in aligned(cells):
        typer.echo(line)
    typer.echo(f"\nschema of data, as the newest {page.samples} have it")
    _print_indented(page.schema_)
    typer.echo("\nexample")
    _print_indented(page.example.plain())


def _print_indented(document: object) -> None:
    for line in orjson.dumps(_read(document), option=orjson.OPT_INDENT_2).decode().splitlines():
        typer.echo("".join(char if char.isprintable() else "�" for char in line))


def _read(document: object) -> object:
    """Written and read once more: a fragment in it is then indented too."""
    return orjson.loads(orjson.dumps(document))


_COLUMNS: Columns[TypeRow] = {
    "NAME": lambda row: row.name,
    "EVENTS": lambda row: str(row.events),
    "PER DAY": lambda row: f"{row.per_day:g}",
    "LAST": lambda row: local(row.last_at),
    "VERSIONS": lambda row: ", ".join(row.versions),
    "SOURCES": lambda row: ", ".join(row.sources),
}
