"""`gateway events`, with `lint` and `types`, and `gateway event ID`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gateway.cli.event_page import print_page
from gateway.cli.event_types import types
from gateway.cli.lint import lint
from gateway.cli.listing import Listing, local, print_json, show
from gateway.cli.opening import NOTHING, USAGE, ConfigOption, Opened, UrlOption, look, stop
from gateway.cli.options import JsonOption, LimitOption, NameOption, SinceOption, SourceOption
from gateway.event import Event
from gateway.operate.event_page import Page, read_page
from gateway.operate.opened import Looked
from gateway.operate.rows import EventRow
from gateway.store.records import Query, Stored


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(rich_markup_mode=None)
    group.callback(invoke_without_command=True)(events)
    group.command()(lint)
    group.command()(types)
    app.add_typer(group, name="events")
    app.command()(event)


def events(
    ctx: typer.Context,
    source: SourceOption = None,
    name: NameOption = None,
    since: SinceOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """List events, newest first."""
    if ctx.invoked_subcommand is not None:
        if any((source, name, since, limit, as_json, url)):
            verb = ctx.invoked_subcommand
            raise stop(f"write the options behind {verb}: gateway events {verb} --json", USAGE)
        return
    query = Query(source=source, name=name, since=since)

    async def job(opened: Looked) -> None:
        await show(LISTING, opened.store.events, query, opened, limit, as_json)

    look(config, url, job)


def event(
    id: Annotated[str, typer.Argument(help="The gateway's event_id or the provider's id.", metavar="ID")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """Show one event with its deliveries, their attempts and its duplicates."""

    async def job(opened: Looked) -> None:
        stored = await opened.store.event(id)
        if stored is None:
            raise stop(f"there is no event {id!r}; list them with: gateway events", NOTHING)
        page = await _page(opened, stored)
        if as_json:
            print_json(page.row.plain())
        else:
            print_page(page)

    look(config, url, job)


async def _page(opened: Looked, stored: Stored) -> Page:
    if isinstance(opened, Opened):
        return await read_page(opened, stored, local)
    from gateway.cli.remote import page_of_event

    return page_of_event(opened, stored.event.event_id)


def event_json(event: Event) -> dict[str, Any]:
    """The fields of an event; `data` is the provider's payload, number for number."""
    return EventRow.of(event).plain()


LISTING: Listing[Stored] = Listing(
    noun="events",
    columns={
        "EVENT ID": lambda stored: stored.event.event_id,
        "NAME": lambda stored: stored.event.name,
        "SOURCE": lambda stored: stored.event.source,
        "ID": lambda stored: stored.event.id,
        "RECEIVED": lambda stored: local(stored.event.received_at),
    },
    json=lambda stored: event_json(stored.event),
)
