"""`gateway why`: why did, or didn't, a subscription get an event?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from gateway.cli.completing import subscriptions
from gateway.cli.listing import Columns, local, pages, print_json, print_table
from gateway.cli.opening import NOTHING, USAGE, ConfigOption, Opened, UrlOption, look, stop, unknown
from gateway.cli.options import JsonOption
from gateway.operate.opened import Looked
from gateway.operate.reasons import WhyRow, reasons
from gateway.store.records import Query, Stored


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(why)


def why(
    id: Annotated[str, typer.Argument(help="The gateway's event_id or the provider's id.", metavar="ID")],
    subscription: Annotated[
        str | None, typer.Argument(metavar="[SUBSCRIPTION]", autocompletion=subscriptions)
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """Tell of each subscription why it got an event, or why not: its patterns, its filter, a pause."""

    async def job(opened: Looked) -> None:
        stored = await opened.store.event(id)
        if stored is None:
            raise stop(f"there is no event {id!r}; list them with: gateway events", NOTHING)
        found = await _reasons(opened, stored)
        asked = [each for each in found if subscription in (None, each.subscription)]
        if not asked and subscription is not None:
            known = opened.names("subscription")
            raise stop(unknown("subscription", subscription, known, opened.file), USAGE)
        if as_json:
            for each in asked:
                print_json(each.plain())
        elif asked:
            print_table(COLUMNS, asked)
        else:
            raise stop("there are no subscriptions: events are stored, and delivered to nobody", NOTHING)

    look(config, url, job)


async def _reasons(opened: Looked, stored: Stored) -> Sequence[WhyRow]:
    event_id = stored.event.event_id
    if isinstance(opened, Opened):
        made = [each async for each in pages(opened.store.deliveries, Query(event_id=event_id))]
        return await reasons(opened, stored.event, made[::-1], local)
    from gateway.cli.remote import reasons_of

    return reasons_of(opened, event_id)


COLUMNS: Columns[WhyRow] = {
    "SUBSCRIPTION": lambda why: why.subscription,
    "ANSWER": lambda why: why.answer,
    "WHY": lambda why: why.detail,
}
