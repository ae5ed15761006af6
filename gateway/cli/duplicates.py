"""`gateway duplicates`: how often each first event came again, or one event's copies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from gateway.cli.copies import copies_of, duplicate_json, print_copies
from gateway.cli.listing import (
    TABLE_LIMIT,
    Columns,
    Listing,
    local,
    pages,
    print_json,
    print_table,
    show,
    tell_left_off,
    tell_nothing,
)
from gateway.cli.opening import USAGE, ConfigOption, UrlOption, look, stop
from gateway.cli.options import JsonOption, LimitOption, NameOption, SinceOption, SourceOption
from gateway.config import format_gap
from gateway.copies import Group, grouped
from gateway.operate.opened import Looked
from gateway.store.records import Duplicate, Query

Id = Annotated[
    str | None,
    typer.Argument(
        metavar="ID", help="An event_id, a provider's id or a duplicate_id: show the copies of that event."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(duplicates)


def duplicates(
    id: Id = None,
    source: SourceOption = None,
    name: NameOption = None,
    since: SinceOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """Show how often each first event came again, or the copies of one event."""
    if id is not None and (source or name or since is not None):
        raise stop("an ID already says which event: leave out --source, --name and --since", USAGE)
    query = Query(source=source, name=name, since=since)

    async def job(opened: Looked) -> None:
        if id is not None:
            await _show_copies(opened, id, limit, as_json)
        elif as_json:
            await show(LISTING, opened.store.duplicates, query, opened, limit, as_json)
        else:
            await _show_groups(opened, query, limit or TABLE_LIMIT)

    look(config, url, job)


async def _show_copies(opened: Looked, id: str, limit: int | None, as_json: bool) -> None:
    copies = await copies_of(opened, id)
    if as_json:
        for copy in copies[:limit]:
            print_json(duplicate_json(copy))
        return
    shown = limit or TABLE_LIMIT
    print_copies(copies[:shown], await opened.store.event(copies[0].event_id))
    if len(copies) > shown:
        tell_left_off("copies", shown)


async def _show_groups(opened: Looked, query: Query, limit: int) -> None:
    groups = await grouped(pages(opened.store.duplicates, query))
    if not groups:
        return tell_nothing(LISTING.noun, query.source, None, opened)
    for group in groups[:limit]:
        await group.name_first(opened.store)
    print_table(_GROUPS, groups[:limit])
    if len(groups) > limit:
        tell_left_off("first events", limit)


def _when(copy: Duplicate) -> str:
    return f"{local(copy.received_at)} ({format_gap(copy.gap)})"


def _body(group: Group) -> str:
    return "differs" if group.differing else "same"


def _all(values: Iterable[str]) -> str:
    return ", ".join(sorted(values))


LISTING: Listing[Duplicate] = Listing(noun="duplicates", columns={}, json=duplicate_json)
_GROUPS: Columns[Group] = {
    "EVENT ID": lambda group: group.newest.event_id,
    "ID": lambda group: group.id,
    "NAME": lambda group: group.name,
    "SOURCE": lambda group: _all(group.sources),
    "COPIES": lambda group: str(group.copies),
    "FIRST COPY": lambda group: _when(group.oldest),
    "LAST COPY": lambda group: _when(group.newest),
    "BODY": _body,
    "REASON": lambda group: _all(group.reasons),
}
