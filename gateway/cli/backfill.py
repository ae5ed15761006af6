"""`gateway backfill`: what the provider knows of and no webhook brought."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.provider_api import ApiError, EventsApi
from gateway.backfilling import BackfillBusy, Backfilling, Report, Wanted
from gateway.catching_up import horizon
from gateway.cli.listing import local, printable
from gateway.cli.opening import NOTHING, ConfigOption, Opened, config_path, note, run_with, settings_at, stop
from gateway.cli.options import DryRunOption, ProviderArgument, SinceOption, WhichSourceOption
from gateway.cli.provider_side import asked_source, events_api
from gateway.config import Source, format_duration
from gateway.config.backfill import Backfill
from gateway.operate.auditing import Act
from gateway.running import Running


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(backfill)


def backfill(
    provider: ProviderArgument,
    since: SinceOption = None,
    undelivered: Annotated[
        bool, typer.Option("--undelivered", help="Only what an endpoint has not acknowledged: quick.")
    ] = False,
    accounts: Annotated[
        list[str] | None,
        typer.Option("--account", metavar="ID", help="Only this connected account. May be repeated."),
    ] = None,
    rate: Annotated[
        int | None, typer.Option("--rate", min=1, help="Events a second at most.  [default: 50]")
    ] = None,
    source: WhichSourceOption = None,
    dry_run: DryRunOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an account.")] = False,
    config: ConfigOption = None,
) -> None:
    """Read the provider's own list of events, and take in those that no webhook brought.

    Without --since it goes on where the last one ended. An event is never taken in twice.
    """
    settings = settings_at(config_path(config))
    found = asked_source(settings, provider, source)
    plan = found.backfill or Backfill()

    async def job(store: Opened) -> None:
        for account in accounts or ("", *plan.accounts):
            events = events_api(found, account)
            try:
                wanted = _wanted(store, found, events, account, since, undelivered, dry_run, rate)
                report = await _run(store, found, events, wanted)
            finally:
                await events.close()
            _print(found, account, report, dry_run, as_json)

    try:
        run_with(settings, job, None if dry_run else Act("backfill", found.name))
    except (ApiError, BackfillBusy) as error:
        raise stop(f"{error}; what was read is kept, so run it again", NOTHING) from error


def _wanted(
    store: Opened,
    source: Source,
    api: EventsApi,
    account: str,
    since: int | None,
    undelivered: bool,
    dry_run: bool,
    rate: int | None,
) -> Wanted:
    plan, now = source.backfill or Backfill(), store.now / 1000
    oldest = horizon(source, store.settings, api, now)
    if since is not None and since / 1000 < oldest - 60:
        note(
            f"read from {local(round(oldest * 1000))} on: {source.adapter.title} keeps events for "
            f"{format_duration(api.kept)}, and what the gateway no longer remembers could come twice"
        )
    start = now - plan.since if since is None else since / 1000
    return Wanted(start, oldest, account, since is not None, undelivered, dry_run, rate or plan.rate)


async def _run(store: Opened, source: Source, api: EventsApi, wanted: Wanted) -> Report:
    running = Running.of(store.settings)
    with _bar(max(wanted.since, wanted.horizon)) as progress:
        work = Backfilling(
            store.store,
            running.endpoints[source.name],
            running.router,
            api,
            _nobody_to_wake,
            progress=progress,
        )
        return await work.run(wanted)


@contextmanager
def _bar(since: float) -> Iterator[Callable[[Report], None]]:
    """On a terminal, how much of the time up to now has been read; nothing elsewhere."""
    columns = (TextColumn("reading"), BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("", total=max(1.0, time.time() - since))
        yield lambda report: progress.update(
            task,
            completed=max(0.0, report.until - since),
            description=f"{report.read} read, {len(report.ids)} missed",
        )


def _print(source: Source, account: str, report: Report, dry_run: bool, as_json: bool) -> None:
    if as_json:
        return typer.echo(orjson.dumps(_json(source, account, report, dry_run)).decode())
    whose = f"{source.name} ({printable(account)})" if account else source.name
    missed = "would be taken in" if dry_run else "taken in"
    typer.echo(
        f"{whose}: {report.read} events read, {report.had} had come already, "
        f"{report.unwanted} that no subscription wants, {len(report.ids)} missed and {missed}"
    )
    for name, count in sorted(report.missed.items()):
        typer.echo(f"  {count:>6}  {printable(name)}")
    if report.too_old:
        note(f"{report.too_old} are older than what the gateway remembers, and were left out")
    if report.restarted:
        note(
            f"{source.adapter.title} no longer keeps where the last one ended: it was read anew from there on"
        )


def _json(source: Source, account: str, report: Report, dry_run: bool) -> dict[str, object]:
    return {
        "source": source.name,
        "account": account or None,
        "read": report.read,
        "had": report.had,
        "unwanted": report.unwanted,
        "too_old": report.too_old,
        "missed": dict(report.missed),
        "ids": report.ids,
        "until": round(report.until * 1000),
        "dry_run": dry_run,
    }


def _nobody_to_wake(_: Iterable[str]) -> None:
    """A running gateway looks for new deliveries by itself."""
