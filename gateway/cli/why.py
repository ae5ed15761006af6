"""`gateway why`: why did, or didn't, a subscription get an event?"""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.completing import subscriptions
from gateway.cli.listing import pages, print_json, print_table
from gateway.cli.opening import NOTHING, USAGE, ConfigOption, Opened, run, stop, unknown
from gateway.cli.options import JsonOption
from gateway.cli.reasons import COLUMNS, reasons, why_json
from gateway.store.records import Query


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
) -> None:
    """Tell of each subscription why it got an event, or why not: its patterns, its filter, a pause."""

    async def job(opened: Opened) -> None:
        stored = await opened.store.event(id)
        if stored is None:
            raise stop(f"there is no event {id!r}; list them with: gateway events", NOTHING)
        query = Query(event_id=stored.event.event_id)
        deliveries = [each async for each in pages(opened.store.deliveries, query)][::-1]
        found = await reasons(opened, stored.event, deliveries)
        asked = [each for each in found if subscription in (None, each.subscription)]
        if not asked and subscription is not None:
            known, file = opened.settings.subscriptions, opened.settings.file
            raise stop(unknown("subscription", subscription, known, file), USAGE)
        if as_json:
            for each in asked:
                print_json(why_json(each))
        elif asked:
            print_table(COLUMNS, asked)
        else:
            raise stop("there are no subscriptions: events are stored, and delivered to nobody", NOTHING)

    run(config, job)
