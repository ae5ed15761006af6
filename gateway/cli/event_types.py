"""`gateway events types`: which events there are, what their data looks like, and models for it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import orjson
import typer

from gateway.cli.listing import Columns, aligned, local, print_json, print_table
from gateway.cli.opening import NOTHING, USAGE, ConfigOption, Opened, UrlOption, look, note, stop
from gateway.cli.options import JsonOption
from gateway.models import FORMATS
from gateway.operate.event_types import TypePage, TypeRow, type_page, type_rows
from gateway.operate.opened import Looked

Format = StrEnum("Format", {name: name for name in FORMATS})  # type: ignore[misc]
"""What --emit may be, for typer."""


def types(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Only this one, or those that a pattern matches.")
    ] = None,
    emit: Annotated[
        Format | None, typer.Option("--emit", help="Write models for them, a whole file, to stdout.")
    ] = None,
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
        rows = await _rows(opened, name)
        if not rows and name is not None:
            raise stop(f"no event is called {name}; list the names with: gateway events types", NOTHING)
        if not rows:
            return note(f"no events match in {opened.place}")
        if emit is not None:
            return typer.echo(FORMATS[emit.value](await _schemas(opened, rows)), nl=False)
        if as_json:
            for row in rows:
                print_json((await _page(opened, row.name)).plain())
        elif len(rows) == 1 and rows[0].name == name:
            _print_page(await _page(opened, name))
        else:
            print_table(_COLUMNS, rows)

    look(config, url, job)


async def _rows(opened: Looked, pattern: str | None) -> Sequence[TypeRow]:
    if isinstance(opened, Opened):
        return await type_rows(opened.store, opened.now, pattern)
    from gateway.cli.remote import gateway_of

    return gateway_of(opened).event_types(name=pattern)


async def _page(opened: Looked, name: str) -> TypePage:
    if isinstance(opened, Opened):
        page = await type_page(opened.store, opened.now, name)
        if page is None:
            raise stop(f"the events {name} were purged just now; try again", NOTHING)
        return page
    from gateway.cli.remote import gateway_of

    return gateway_of(opened).event_type(name)


async def _schemas(opened: Looked, rows: Sequence[TypeRow]) -> dict[str, dict[str, object]]:
    return {row.name: (await _page(opened, row.name)).schema_ for row in rows}


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
    "LAST DAY": lambda row: str(row.last_day),
    "LAST HOUR": lambda row: str(row.last_hour),
    "LAST": lambda row: local(row.last_at),
    "VERSIONS": lambda row: ", ".join(row.versions),
    "SOURCES": lambda row: ", ".join(row.sources),
}
