"""`gateway events lint`: which event names depart from the convention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

import typer

from gateway.cli.listing import Columns, pages, print_json, print_table
from gateway.cli.opening import NOTHING, ConfigOption, UrlOption, look, note
from gateway.cli.options import JsonOption, SinceOption
from gateway.cli.progress import bar
from gateway.convention import flaw
from gateway.event import API
from gateway.operate.opened import Looked
from gateway.store.records import Query

_COLUMNS: Columns[tuple[str, int, str]] = {
    "NAME": lambda row: row[0],
    "EVENTS": lambda row: str(row[1] or ""),
    "PROBLEM": lambda row: row[2],
}


def lint(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Look at these, not at what was sent.", show_default=False),
    ] = None,
    since: SinceOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """Name the event names that are not `domain/noun.verb` with the verb in the past tense; then exit 1.

    Without a NAME it looks at the events in the store that were sent with an event key.
    """
    if names:
        return _tell(dict.fromkeys(names, 0), as_json)

    async def job(looked: Looked) -> None:
        sent: Counter[str] = Counter()
        with bar("looking") as tell:
            async for stored in pages(looked.store.events, Query(source=API, since=since)):
                sent[stored.event.name] += 1
                tell(1)
        _tell(sent, as_json)

    look(config, url, job)


def _tell(names: Mapping[str, int], as_json: bool) -> None:
    rows = [(name, count, problem) for name, count in sorted(names.items()) if (problem := flaw(name))]
    if as_json:
        for name, count, problem in rows:
            print_json({"name": name, "events": count, "problem": problem})
    elif rows:
        print_table(_COLUMNS, rows)
    note(f"{len(rows)} of {len(names)} event names depart from the convention")
    if rows:
        raise typer.Exit(NOTHING)
