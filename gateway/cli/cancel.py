"""`gateway cancel`, `pause` and `resume`: end deliveries that wait, hold them back, let them go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from gateway.cli.completing import subscriptions
from gateway.cli.noting import me
from gateway.cli.opening import NOTHING, ConfigOption, Opened, UrlOption, elsewhere, note, run, stop, unknown
from gateway.operate.auditing import Act
from gateway.operate.cancelling import deliveries_named, end
from gateway.operate.cancelling import pause as pause_deliveries
from gateway.operate.cancelling import resume as resume_deliveries
from gateway.operate.rows import in_flight
from gateway.store.records import Delivery


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(cancel)
    app.command()(pause)
    app.command()(resume)


def cancel(
    ids: Annotated[
        list[str],
        typer.Argument(metavar="ID", help="A delivery_id; or an event_id or provider's id for all of its."),
    ],
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """End pending deliveries. Each that ends emits gateway/delivery.cancelled."""

    async def job(opened: Opened) -> None:
        found = await _found(opened, ids)
        pending = [delivery for delivery in found if delivery.state == "pending"]
        for delivery in pending:
            if in_flight(delivery, opened.now):
                note(f"{delivery.delivery_id} is in flight: the attempt under way may still arrive")
        show_ended(await end(opened, pending))

    there = elsewhere(config, url)
    if there is None:
        return run(config, job, Act("cancel", " ".join(ids)))
    from gateway.cli.acting_there import cancel as cancel_there

    cancel_there(there, ids)


SubscriptionArgument = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", autocompletion=subscriptions)]


def pause(
    subscription: SubscriptionArgument,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Shown wherever the pause is.")
    ] = None,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """Hold a subscription's deliveries back until it is resumed; attempts under way go on."""
    there = elsewhere(config, url)
    if there is not None:
        from gateway.cli.acting_there import pause as pause_there

        return pause_there(there, subscription, reason)

    async def job(opened: Opened) -> None:
        known, file = opened.settings.subscriptions, opened.settings.file
        if subscription not in known:
            raise stop(unknown("subscription", subscription, known, file), NOTHING)
        if not await pause_deliveries(opened, subscription, reason or f"paused by {me().name}"):
            again = f"let it go with: gateway resume {subscription}"
            raise stop(f"the subscription {subscription!r} is paused already; {again}", NOTHING)
        waiting = (await opened.whole.waiting()).get(subscription, 0)
        typer.echo(f"paused {subscription}: {waiting} waiting")

    run(config, job, Act("pause", subscription, reason or ""))


def resume(subscription: SubscriptionArgument, config: ConfigOption = None, url: UrlOption = None) -> None:
    """Let the deliveries of a paused subscription go."""
    there = elsewhere(config, url)
    if there is not None:
        from gateway.cli.acting_there import resume as resume_there

        return resume_there(there, subscription)

    async def job(opened: Opened) -> None:
        paused = {pause.subscription: pause for pause in await opened.whole.paused()}
        if not await resume_deliveries(opened, subscription):
            raise stop(_not_paused(opened, subscription, list(paused)), NOTHING)
        show_resumed(subscription, paused[subscription].waiting if subscription in paused else 0)

    run(config, job, Act("resume", subscription))


def show_resumed(subscription: str, waiting: int) -> None:
    """Say how many deliveries waited."""
    typer.echo(f"resumed {subscription}: {waiting} {'delivery' if waiting == 1 else 'deliveries'} waited")


def _not_paused(opened: Opened, subscription: str, paused: Sequence[str]) -> str:
    known, file = opened.settings.subscriptions, opened.settings.file
    which = f"paused now: {', '.join(paused) or 'none'}"
    if subscription not in known:
        return f"{unknown('subscription', subscription, known, file)}; {which}"
    return f"the subscription {subscription!r} is not paused; {which}"


async def _found(opened: Opened, ids: Sequence[str]) -> list[Delivery]:
    """The deliveries that the ids name. Ends the command, with nothing done, where one names none."""
    found, missing = await deliveries_named(opened, ids)
    if missing:
        told = [f"there is no delivery or event {id!r}; list them with: gateway deliveries" for id in missing]
        raise stop("\n".join([*told, "nothing was cancelled"]), NOTHING)
    for delivery in found:
        if delivery.state != "pending" and delivery.delivery_id in ids:
            note(f"{delivery.delivery_id} is {delivery.state} already")
    return found


def show_ended(ended: int) -> None:
    """Say how many deliveries were cancelled. Ends the command where there were none."""
    if not ended:
        told = "nothing was cancelled: none of these deliveries was pending"
        raise stop(f"{told}; list those that are with: gateway deliveries --state pending", NOTHING)
    typer.echo(f"cancelled {ended} {'delivery' if ended == 1 else 'deliveries'}")
