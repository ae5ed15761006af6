"""`gateway replay`: new deliveries of stored events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from gateway.cli.listing import local
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
from gateway.cli.options import DryRunOption, NameOption, SinceOption, SourceOption, TargetOption, moment
from gateway.cli.planned import show_planned
from gateway.cli.progress import bar
from gateway.operate import replaying
from gateway.operate.auditing import Act
from gateway.operate.replaying import RATE, Planned
from gateway.store.records import Query

DEAD = "list dead letters with: gateway deliveries --state dead"
EVENTS = "list all with: gateway events"

WRONG = (
    "name events or deliveries, as in: gateway replay ID; or: gateway replay --failed --since 1h; "
    "or: gateway replay --since 1h --name 'stripe/customer.*'"
)


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
    until: Annotated[
        int | None,
        typer.Option("--until", parser=moment, metavar="WHEN", help="Before: as --since is written."),
    ] = None,
    source: SourceOption = None,
    name: NameOption = None,
    subscription: TargetOption = None,
    rate: Annotated[
        int | None,
        typer.Option(
            "--rate", min=1, help="New deliveries that are due in a second.  [default: 50; of IDs all]"
        ),
    ] = None,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """Deliver stored events anew: those named, those since a time, or what died since.

    An event goes to every subscription that wants it now, a delivery to its own subscription again.
    """
    filters = [since, until, source, name]
    if ids and (failed or any(each is not None for each in filters)) or not (ids or since is not None):
        raise stop(WRONG, USAGE)
    asked = Asked(tuple(ids or ()), failed, Query(source=source, name=name, since=since), until, subscription)

    async def job(opened: Opened) -> None:
        planned = await _plan(opened, asked)
        await _carry_out(opened, replaying.spread(planned, rate or (None if ids else RATE)), dry_run)

    there = elsewhere(config, url)
    if there is None:
        return run(config, job, None if dry_run else asked.act)
    from gateway.cli.acting_there import replay as replay_there

    replay_there(there, asked, rate, dry_run)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be replayed: `ids`, else what `failed`, else events; `until` is Unix ms."""

    ids: tuple[str, ...]
    failed: bool
    query: Query
    until: int | None
    subscription: str | None

    @property
    def act(self) -> Act:
        """What the audit log keeps of it."""
        query = self.query
        said = {
            "failed": self.failed or None,
            "since": query.since,
            "until": self.until,
            "source": query.source,
        }
        said |= {"name": query.name, "subscription": self.subscription}
        detail = " ".join(f"{key}={value}" for key, value in said.items() if value is not None)
        return Act("replay", " ".join(self.ids), detail)

    @property
    def nothing(self) -> str:
        """What to say where there is nothing of it."""
        if self.failed:
            return f"no dead delivery ended since {local(self.query.since)} that has no later one; {DEAD}"
        return f"no event since {local(self.query.since)} matches that a subscription wants; {EVENTS}"


async def _plan(opened: Opened, asked: Asked) -> list[Planned]:
    """The deliveries to make; ends the command where there are none."""
    known, to = opened.settings.subscriptions, asked.subscription
    if to is not None and to not in known:
        raise stop(unknown("subscription", to, known, opened.settings.file), USAGE)
    with bar("looking") as tell:
        if asked.ids:
            plan = await replaying.plan_of_ids(opened, asked.ids, to)
        elif asked.failed:
            query = replace(asked.query, subscription=to)
            plan = await replaying.plan_of_dead(opened, query, until=asked.until, tell=tell)
        else:
            plan = await replaying.plan_of_events(opened, asked.query, asked.until, to, tell=tell)
    _tell(opened, plan)
    if not plan.planned:
        raise stop(asked.nothing, NOTHING)
    return plan.planned


def _tell(opened: Opened, plan: replaying.Plan) -> None:
    """Say what is odd about a plan; ends the command, with nothing done, where an id can't be replayed."""
    if plan.problems:
        told = [_problem(opened, each) for each in plan.problems]
        raise stop("\n".join([*told, "nothing was replayed"]), NOTHING)
    for one in plan.waiting:
        again = f"to end that one: gateway cancel {one.delivery_id}"
        note(f"{one.delivery_id} is still pending and due at {local(one.due_at)}; {again}")
    for name in sorted(plan.gone):
        known = unknown("subscription", name, opened.settings.subscriptions, opened.settings.file)
        note(f"left out what died there: {known}")


def _problem(opened: Opened, problem: replaying.Problem) -> str:
    if problem.why == "missing":
        return f"there is no event or delivery {problem.id!r}; list them with: gateway events"
    if problem.why == "unwanted":
        return f"{problem.id}: no subscription wants {problem.name}; name one with --subscription"
    gone = unknown("subscription", problem.name, opened.settings.subscriptions, opened.settings.file)
    return f"{problem.id}: {gone}; choose one with --subscription"


async def _carry_out(opened: Opened, planned: Sequence[Planned], dry_run: bool) -> None:
    made = len(planned)
    if not dry_run:
        with bar("replaying", len(planned)) as tell:
            made = await replaying.carry_out(opened, planned, tell)
    show_planned(planned, made, dry_run)
    await _tell_of_pauses(opened, {one.new.subscription for one in planned})


async def _tell_of_pauses(opened: Opened, subscriptions: set[str]) -> None:
    for pause in await opened.store.paused():
        if pause.subscription in subscriptions:
            note(
                f"{pause.subscription} is paused ({pause.reason}); its deliveries wait until: "
                f"gateway resume {pause.subscription}"
            )
