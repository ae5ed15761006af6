"""`gateway replay`: new deliveries of stored events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.listing import TABLE_LIMIT, Columns, local, print_table
from gateway.cli.opening import (
    NOTHING,
    USAGE,
    ConfigOption,
    Opened,
    UrlOption,
    elsewhere,
    note,
    run,
    stop,
    unknown,
)
from gateway.cli.options import DryRunOption, SinceOption
from gateway.operate.replaying import Plan, Planned, Problem, carry_out, plan_of_dead, plan_of_ids
from gateway.store.records import Query

WRONG = "name events or deliveries, as in: gateway replay ID; or: gateway replay --failed --since 1h"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(replay)


def replay(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="An event_id, a provider's id or a delivery_id."),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="What died since --since and was not replayed.")
    ] = False,
    since: SinceOption = None,
    subscription: Annotated[
        str | None,
        typer.Option("--subscription", metavar="NAME", help="To this one; with --failed: only its own."),
    ] = None,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """Deliver stored events anew.

    An event goes to every subscription that wants it now, a delivery to its own subscription again.
    """
    if bool(ids) == failed or failed != (since is not None):
        raise stop(WRONG, USAGE)

    async def job(opened: Opened) -> None:
        _check(subscription, opened)
        if ids:
            plan = await plan_of_ids(opened, ids, subscription)
        else:
            plan = await plan_of_dead(opened, Query(since=since, subscription=subscription))
        _tell(plan, opened)
        if not plan.planned:
            raise stop(f"no dead delivery ended since {local(since)} that has no later one", NOTHING)
        await _do(opened, plan.planned, dry_run)

    there = elsewhere(config, url)
    if there is None:
        return run(config, job)
    from gateway.cli.remote import replay as replay_there

    replay_there(there, ids or [], since, subscription, dry_run)


def _check(subscription: str | None, opened: Opened) -> None:
    known = opened.settings.subscriptions
    if subscription is not None and subscription not in known:
        raise stop(unknown("subscription", subscription, known, opened.settings.file), USAGE)


def _tell(plan: Plan, opened: Opened) -> None:
    """Say what is odd about a plan. Ends the command, with nothing done, where an id can't be replayed."""
    known, file = opened.settings.subscriptions, opened.settings.file
    for one in plan.waiting:
        again = f"to end that one: gateway cancel {one.delivery_id}"
        note(f"{one.delivery_id} is still pending and due at {local(one.due_at)}; {again}")
    for name in sorted(plan.gone):
        note(f"left out what died there: {unknown('subscription', name, known, file)}")
    if plan.problems:
        told = [_words(problem, known, file) for problem in plan.problems]
        raise stop("\n".join([*told, "nothing was replayed"]), NOTHING)


def _words(problem: Problem, known: Iterable[str], file: Path) -> str:
    if problem.why == "missing":
        return f"there is no event or delivery {problem.id!r}; list them with: gateway events"
    if problem.why == "unwanted":
        return f"{problem.id}: no subscription wants {problem.name}; name one with --subscription"
    gone = unknown("subscription", problem.name, known, file)
    return f"{problem.id}: {gone}; choose one with --subscription"


async def _do(opened: Opened, planned: Sequence[Planned], dry_run: bool) -> None:
    made = len(planned) if dry_run else await carry_out(opened, planned)
    show_planned(planned, made, dry_run)
    subscriptions = {one.new.subscription for one in planned}
    for pause in await opened.store.paused():
        if pause.subscription in subscriptions:
            note(
                f"{pause.subscription} is paused ({pause.reason}); its deliveries wait until: "
                f"gateway resume {pause.subscription}"
            )


def show_planned(planned: Sequence[Planned], made: int, dry_run: bool) -> None:
    """Print what a replay made, or would make."""
    print_table(_DRY if dry_run else _MADE, planned[:TABLE_LIMIT])
    if len(planned) > TABLE_LIMIT:
        note(f"and {len(planned) - TABLE_LIMIT} more")
    note(f"{'would make' if dry_run else 'made'} {made} new {'delivery' if made == 1 else 'deliveries'}")


_DRY: Columns[Planned] = {
    "EVENT ID": lambda planned: planned.new.event_id,
    "NAME": lambda planned: planned.name,
    "SUBSCRIPTION": lambda planned: planned.new.subscription,
    "REPLAY OF": lambda planned: planned.new.replay_of or "",
}
_MADE: Columns[Planned] = {"DELIVERY ID": lambda planned: planned.new.delivery_id, **_DRY}
