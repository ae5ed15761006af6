"""`gateway backfill`: what the provider knows of and no webhook brought."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.provider_api import ApiError, EventsApi
from gateway.backfilling import BackfillBusy, Backfilling, Report, Wanted
from gateway.catching_up import horizon
from gateway.cli.listing import local, print_json, printable
from gateway.cli.opening import (
    NOTHING,
    ConfigOption,
    Opened,
    UrlOption,
    config_path,
    elsewhere,
    note,
    run_with,
    settings_at,
    stop,
)
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
    url: UrlOption = None,
) -> None:
    """Read the provider's own list of events, and take in those that no webhook brought.

    Without --since it goes on where the last one ended. An event is never taken in twice.
    """
    there = elsewhere(config, url)
    if there is not None:
        from gateway.cli.backfilling_there import Asked, backfill_there

        asked = Asked(provider, source, since, undelivered, tuple(accounts or ()), rate, dry_run)
        return backfill_there(there, asked, as_json)
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
            told = Told.of(found, account, report, dry_run)
            print_json(told.json()) if as_json else told.say(found.adapter.title)

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
    with reading(max(wanted.since, wanted.horizon)) as tell:
        work = Backfilling(
            store.store,
            running.endpoints[source.name],
            running.router,
            api,
            _nobody_to_wake,
            progress=lambda report: tell(report.until, report.read, len(report.ids)),
        )
        return await work.run(wanted)


@contextmanager
def reading(since: float) -> Iterator[Callable[[float, int, int], None]]:
    """On a terminal a bar: gives what hears up to when (Unix seconds) how many were read, how many missed."""
    columns = (TextColumn("reading"), BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("", total=max(1.0, time.time() - since))
        yield lambda until, read, missed: progress.update(
            task, completed=max(0.0, until - since), description=f"{read} read, {missed} missed"
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What one account's backfill came to, as it is printed. `until` is Unix ms."""

    source: str
    account: str | None
    read: int
    had: int
    unwanted: int
    too_old: int
    missed: Mapping[str, int]
    ids: Sequence[str]
    until: int
    dry_run: bool
    restarted: bool

    @staticmethod
    def of(source: Source, account: str, report: Report, dry_run: bool) -> Told:
        """Of a backfill here."""
        return Told(
            source.name, account or None, report.read, report.had, report.unwanted, report.too_old,
            dict(report.missed), report.ids, round(report.until * 1000), dry_run, report.restarted,
        )  # fmt: skip

    def json(self) -> dict[str, object]:
        """As --json prints it."""
        told = asdict(self)
        del told["restarted"]
        return told

    def say(self, title: str) -> None:
        """In words; `title` is the provider's name."""
        whose = f"{self.source} ({printable(self.account)})" if self.account else self.source
        missed = "would be taken in" if self.dry_run else "taken in"
        typer.echo(
            f"{whose}: {self.read} events read, {self.had} had come already, "
            f"{self.unwanted} that no subscription wants, {len(self.ids)} missed and {missed}"
        )
        for name, count in sorted(self.missed.items()):
            typer.echo(f"  {count:>6}  {printable(name)}")
        if self.too_old:
            note(f"{self.too_old} are older than what the gateway remembers, and were left out")
        if self.restarted:
            note(f"{title} no longer keeps where the last one ended: it was read anew from there on")


def _nobody_to_wake(_: Iterable[str]) -> None:
    """A running gateway looks for new deliveries by itself."""
