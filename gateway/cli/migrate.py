"""`gateway migrate`: bring the store up to this version before the servers start, or show what that takes."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent
from typing import Annotated

import typer

from gateway.cli.noting import noted_beside
from gateway.cli.opening import STORE, ConfigOption, config_path, settings_at, stop
from gateway.cli.progress import bar
from gateway.operate.auditing import Act
from gateway.store import Planned, StoreError, plan, prepare


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(migrate)


def migrate(
    config: ConfigOption = None,
    plan_only: Annotated[bool, typer.Option("--plan", help="Only show what would be done.")] = False,
) -> None:
    """Make the store's tables or change them; servers of the version before may go on running meanwhile."""
    settings = settings_at(config_path(config))
    store = settings.store
    try:
        if plan_only:
            return _show(store.name, plan(store.target))
        with bar("migrating"):
            done = prepare(store.target)
    except StoreError as error:
        raise stop(str(error), STORE) from error
    if done:
        with noted_beside(settings, Act("migrate", " ".join(done))):
            pass
    for name in done:
        typer.echo(f"applied {name}")
    typer.echo(f"{store.name}: up to date")


def _show(store: str, planned: Sequence[Planned]) -> None:
    for one in planned:
        beside = "nodes of the version before may go on" if one.compatible else "stop every other node first"
        typer.echo(f"{one.name}: {beside}")
        for statement in one.statements:
            typer.echo(indent(statement.strip(), "    "))
    typer.echo(f"{store}: {len(planned)} to apply" if planned else f"{store}: up to date")
