"""`gateway quarantine`: refused requests that were kept whole, and how the genuine ones go in later."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from gateway.cli.completing import sources
from gateway.cli.listing import show
from gateway.cli.opening import (
    NOTHING,
    USAGE,
    ConfigOption,
    Opened,
    UrlOption,
    config_path,
    elsewhere,
    look,
    note,
    run_with,
    settings_at,
    settings_with_secrets,
    stop,
    unknown,
)
from gateway.cli.options import DryRunOption, JsonOption, LimitOption, SinceOption, SourceOption
from gateway.cli.progress import bar
from gateway.cli.rejections import LISTING
from gateway.operate.auditing import Act
from gateway.operate.opened import Looked
from gateway.operate.releasing import Releasing, oldest_first
from gateway.running import Running
from gateway.store.records import Query


def register(app: typer.Typer) -> None:
    """Add the group of commands to `app`."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.command("list")(list_)
    group.command()(release)
    app.add_typer(group, name="quarantine", help="Refused requests that were kept whole, with their bodies.")


def list_(
    source: SourceOption = None,
    since: SinceOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """List what is in quarantine, newest first."""
    query = Query(source=source, since=since)

    async def job(looked: Looked) -> None:
        fetch = partial(looked.store.rejections, quarantined=True)
        await show(LISTING, fetch, query, looked, limit, as_json)

    look(config, url, job)


def release(
    source: Annotated[
        str,
        typer.Option("--source", metavar="NAME", autocompletion=sources, help="The source to verify again."),
    ],
    since: SinceOption = None,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """Verify again, and let the genuine ones in.

    The secrets are those of now, the time is the one at which a request was received.
    """
    there = elsewhere(config, url)
    if there is not None:
        from gateway.cli.acting_there import release as release_there

        return release_there(there, source, since, dry_run)
    path = config_path(config)
    known = settings_at(path).sources
    if source not in known:
        raise stop(unknown("source", source, known, path), USAGE)
    settings = settings_with_secrets(path, source)

    async def job(opened: Opened) -> None:
        releasing = Releasing(opened.whole, Running.of(settings), opened.now, dry_run)
        with bar("verifying") as tell:
            async for rejection in oldest_first(opened.whole, source, since):
                await releasing.release(rejection)
                tell(1)
        show_released(Outcome.of(releasing), source, opened.place)

    run_with(settings, job, None if dry_run else Act("release", source))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many requests went in, were duplicates, or are still refused, by reason."""

    dry_run: bool
    let_in: int
    duplicates: int
    refused: Counter[str]

    @staticmethod
    def of(done: Releasing) -> Outcome:
        """Of a release here."""
        return Outcome(done.dry_run, done.let_in, done.duplicates, done.refused)

    @property
    def total(self) -> int:
        """All requests that were looked at."""
        return self.let_in + self.duplicates + self.refused.total()


def show_released(done: Outcome, source: str, place: str) -> None:
    """The counts of a release, a line each. Ends the command where nothing went in."""
    if not done.total:
        return note(f"no quarantined rejections match in {place}")
    for line in report(done):
        typer.echo(line)
    if done.refused.total() == done.total:
        told = f"none of them went in: check the secrets of sources.{source} in the config"
        raise stop(f"{told}, and see what was refused with: gateway rejections --source {source}", NOTHING)


def report(done: Outcome) -> list[str]:
    """The counts of a release, a line each."""
    reasons = ", ".join(f"{reason} {count}" for reason, count in done.refused.most_common())
    refused = f"still refused: {done.refused.total()}" + (f" ({reasons})" if reasons else "")
    if done.dry_run:
        return [f"genuine, would be let in: {done.let_in}", refused]
    return [f"let in: {done.let_in}", f"duplicates: {done.duplicates}", refused]
