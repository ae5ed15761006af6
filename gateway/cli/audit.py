"""`gateway audit`: who did what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from gateway.cli.listing import Listing, local, show
from gateway.cli.opening import ConfigOption, UrlOption, look
from gateway.cli.options import JsonOption, LimitOption, SinceOption
from gateway.operate.auditing import AuditRow
from gateway.operate.opened import Looked
from gateway.store.audit import Entry, Which
from gateway.store.records import Query


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(audit)


def audit(
    who: Annotated[
        str | None, typer.Option("--who", metavar="NAME", help="Only of this token or user.")
    ] = None,
    action: Annotated[
        str | None, typer.Option("--action", metavar="ACTION", help="Only of this kind: replay, pause …")
    ] = None,
    since: SinceOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """List who did what, newest first: here, in the dashboard, over the API."""

    async def job(opened: Looked) -> None:
        async def fetch(query: Query) -> Sequence[Entry]:
            return await opened.store.audit.entries(
                Which(who, action, query.since, query.before, query.limit)
            )

        await show(LISTING, fetch, Query(since=since), opened, limit, as_json)

    look(config, url, job)


LISTING: Listing[Entry] = Listing(
    noun="actions",
    columns={
        "WHEN": lambda entry: local(entry.at),
        "WHO": lambda entry: entry.who,
        "BY": lambda entry: entry.via,
        "FROM": lambda entry: entry.address,
        "ACTION": lambda entry: entry.action,
        "ON": lambda entry: entry.target[:100],
        "OUTCOME": lambda entry: entry.outcome,
        "DETAIL": lambda entry: entry.detail[:100],
    },
    json=lambda entry: AuditRow.of(entry).plain(),
)
