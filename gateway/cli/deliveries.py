"""`gateway deliveries`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

import typer

from gateway.cli.listing import Columns, Listing, local, show
from gateway.cli.opening import NOTHING, USAGE, ConfigOption, UrlOption, look, note, stop
from gateway.cli.options import (
    JsonOption,
    LimitOption,
    NameOption,
    SinceOption,
    SourceOption,
    SubscriptionOption,
)
from gateway.operate.opened import Looked
from gateway.operate.rows import DeliveryRow
from gateway.store.records import Delivery, Query, State


class Asked(StrEnum):
    """The states that may be asked for; `failed` is another word for `dead`."""

    pending = "pending"
    succeeded = "succeeded"
    dead = "dead"
    cancelled = "cancelled"
    failed = "failed"


STATES: Mapping[Asked | None, State | None] = {
    None: None,
    Asked.pending: "pending",
    Asked.succeeded: "succeeded",
    Asked.dead: "dead",
    Asked.cancelled: "cancelled",
    Asked.failed: "dead",
}


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(deliveries)


def deliveries(
    state: Annotated[Asked | None, typer.Option("--state", help="`failed` is the same as `dead`.")] = None,
    subscription: SubscriptionOption = None,
    source: SourceOption = None,
    name: NameOption = None,
    since: SinceOption = None,
    event: Annotated[str | None, typer.Option("--event", metavar="ID", help="Only of this event.")] = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """List deliveries, newest first. `--since` looks at the end of those that ended."""
    if event is not None and (source or name or since is not None):
        raise stop("--event already says which event: leave out --source, --name and --since", USAGE)
    query = Query(source=source, name=name, since=since, state=STATES[state], subscription=subscription)

    async def job(opened: Looked) -> None:
        wanted = query if event is None else await _of_event(opened, event, query)
        await show(listing(opened.now), opened.store.deliveries, wanted, opened, limit, as_json)
        if not as_json:
            await _tell_paused(opened)

    look(config, url, job)


async def _tell_paused(opened: Looked) -> None:
    """Say which subscriptions get nothing now: their deliveries look like any that wait."""
    for paused in await opened.store.paused():
        note(
            f"{paused.subscription} is paused since {local(paused.paused_at)} ({paused.reason}), "
            f"{paused.waiting} waiting; let them go with: gateway resume {paused.subscription}"
        )


async def _of_event(opened: Looked, id: str, query: Query) -> Query:
    stored = await opened.store.event(id)
    if stored is None:
        raise stop(f"there is no event {id!r}; list them with: gateway events", NOTHING)
    return Query(event_id=stored.event.event_id, state=query.state, subscription=query.subscription)


def delivery_json(delivery: Delivery, now: int) -> dict[str, Any]:
    """The fields of a delivery at `now` (Unix ms)."""
    return DeliveryRow.of(delivery, now).plain()


def listing(now: int) -> Listing[Delivery]:
    """How deliveries are printed at `now` (Unix ms)."""
    return Listing(noun="deliveries", columns=_COLUMNS, json=partial(delivery_json, now=now))


def _last(delivery: Delivery) -> str:
    if delivery.waits_for:
        return f"waits for {delivery.waits_for}"
    return str(delivery.last_status or delivery.last_error or "")


_COLUMNS: Columns[Delivery] = {
    "DELIVERY ID": lambda delivery: delivery.delivery_id,
    "EVENT ID": lambda delivery: delivery.event_id,
    "NAME": lambda delivery: delivery.name,
    "SUBSCRIPTION": lambda delivery: delivery.subscription,
    "STATE": lambda delivery: delivery.state,
    "ATTEMPTS": lambda delivery: str(delivery.attempts),
    "DUE OR ENDED": lambda delivery: local(delivery.finished_at or delivery.due_at),
    "LAST": _last,
}
