"""`gateway cancel` and `gateway resume`: end deliveries that wait, and let go those that are held back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from gateway.cancelling import cancellation
from gateway.cli.deliveries import in_flight
from gateway.cli.listing import pages
from gateway.cli.opening import NOTHING, ConfigOption, Opened, note, run, stop, unknown
from gateway.pipeline import system
from gateway.store.records import Delivery, Query

BATCH = 100
"""Deliveries that are ended in one transaction at most; each brings a system event with it."""


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(cancel)
    app.command()(resume)


def cancel(
    ids: Annotated[
        list[str],
        typer.Argument(metavar="ID", help="A delivery_id; or an event_id or provider's id for all of its."),
    ],
    config: ConfigOption = None,
) -> None:
    """End pending deliveries. Each that ends emits gateway/delivery.cancelled."""

    async def job(opened: Opened) -> None:
        found = await _found(opened, ids)
        pending = [delivery for delivery in found if delivery.state == "pending"]
        for delivery in pending:
            if in_flight(delivery, opened.now):
                note(f"{delivery.delivery_id} is in flight: the attempt under way may still arrive")
        ended = await _end(opened, pending)
        if not ended:
            raise stop("nothing was cancelled: none of these deliveries was pending", NOTHING)
        typer.echo(f"cancelled {ended} {'delivery' if ended == 1 else 'deliveries'}")

    run(config, job)


def resume(
    subscription: Annotated[str, typer.Argument(metavar="SUBSCRIPTION")], config: ConfigOption = None
) -> None:
    """Let the deliveries of a paused subscription go."""

    async def job(opened: Opened) -> None:
        paused = {pause.subscription: pause for pause in await opened.store.paused()}
        emitted = system.resumed(subscription, opened.router, opened.now)
        if not await opened.store.resume(subscription, [emitted]):
            raise stop(_not_paused(opened, subscription, list(paused)), NOTHING)
        waiting = paused[subscription].waiting if subscription in paused else 0
        typer.echo(f"resumed {subscription}: {waiting} {'delivery' if waiting == 1 else 'deliveries'} waited")

    run(config, job)


def _not_paused(opened: Opened, subscription: str, paused: Sequence[str]) -> str:
    known, file = opened.settings.subscriptions, opened.settings.file
    which = f"paused now: {', '.join(paused) or 'none'}"
    if subscription not in known:
        return f"{unknown('subscription', subscription, known, file)}; {which}"
    return f"the subscription {subscription!r} is not paused; {which}"


async def _found(opened: Opened, ids: Sequence[str]) -> list[Delivery]:
    """The deliveries that the ids name. Ends the command, with nothing done, where one names none."""
    found: dict[str, Delivery] = {}
    problems: list[str] = []
    for id in ids:
        deliveries = await _named(opened, id)
        found |= {delivery.delivery_id: delivery for delivery in deliveries or ()}
        if deliveries is None:
            problems.append(f"there is no delivery or event {id!r}; list them with: gateway deliveries")
    if problems:
        raise stop("\n".join([*problems, "nothing was cancelled"]), NOTHING)
    for delivery in found.values():
        if delivery.state != "pending" and delivery.delivery_id in ids:
            note(f"{delivery.delivery_id} is {delivery.state} already")
    return list(found.values())


async def _named(opened: Opened, id: str) -> list[Delivery] | None:
    # First as a delivery: the system event of a failed delivery has the delivery's id as its own.
    if (delivery := await opened.store.delivery(id)) is not None:
        return [delivery]
    stored = await opened.store.event(id)
    if stored is None:
        return None
    query = Query(event_id=stored.event.event_id)
    return [delivery async for delivery in pages(opened.store.deliveries, query)]


async def _end(opened: Opened, pending: Sequence[Delivery]) -> int:
    ended = 0
    for start in range(0, len(pending), BATCH):
        batch = [
            await cancellation(opened.store, opened.router, delivery, opened.now)
            for delivery in pending[start : start + BATCH]
        ]
        ended += await opened.store.cancel(batch)
    return ended
