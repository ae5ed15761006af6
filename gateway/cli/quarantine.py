"""`gateway quarantine`: refused requests that were kept whole, and how the genuine ones go in later."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from gateway.cli.completing import sources
from gateway.cli.listing import show, tell_nothing
from gateway.cli.opening import (
    NOTHING,
    USAGE,
    ConfigOption,
    Opened,
    config_path,
    run,
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
) -> None:
    """List what is in quarantine, newest first."""
    query = Query(source=source, since=since)

    async def job(opened: Opened) -> None:
        fetch = partial(opened.store.rejections, quarantined=True)
        await show(LISTING, fetch, query, opened, limit, as_json)

    run(config, job)


def release(
    source: Annotated[
        str,
        typer.Option("--source", metavar="NAME", autocompletion=sources, help="The source to verify again."),
    ],
    since: SinceOption = None,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
) -> None:
    """Verify again, and let the genuine ones in.

    The secrets are those of now, the time is the one at which a request was received.
    """
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
        if not releasing.total:
            return tell_nothing("quarantined rejections", source, None, opened)
        for line in report(releasing):
            typer.echo(line)
        if releasing.refused.total() == releasing.total:
            told = f"none of them went in: check the secrets of sources.{source} in {path}"
            raise stop(
                f"{told}, and see what was refused with: gateway rejections --source {source}", NOTHING
            )

    run_with(settings, job, None if dry_run else Act("release", source))


def report(done: Releasing) -> list[str]:
    """The counts of a release, a line each."""
    reasons = ", ".join(f"{reason} {count}" for reason, count in done.refused.most_common())
    refused = f"still refused: {done.refused.total()}" + (f" ({reasons})" if reasons else "")
    if done.dry_run:
        return [f"genuine, would be let in: {done.let_in}", refused]
    return [f"let in: {done.let_in}", f"duplicates: {done.duplicates}", refused]
