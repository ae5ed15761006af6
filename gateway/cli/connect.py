"""`gateway connect`: have the provider send what subscriptions want, and keep the secret it tells once."""

from __future__ import annotations

import asyncio
import os
from contextlib import nullcontext
from typing import Annotated
from urllib.parse import urlsplit

import typer

from adapters.provider_api import ApiError
from gateway.cli.listing import printable
from gateway.cli.noting import noted_beside
from gateway.cli.opening import NOTHING, USAGE, ConfigOption, config_path, note, settings_at, stop
from gateway.cli.options import DryRunOption, ProviderArgument, WhichSourceOption
from gateway.cli.provider_side import asked_source, endpoints_api
from gateway.config import Settings, Source
from gateway.kept_secrets import KeptSecrets, KeptSecretsError
from gateway.operate.auditing import Act
from gateway.operate.connecting import Connected, NotConnected, Wish, target_of
from gateway.operate.connecting import connect as connect_source
from gateway.operate.diagnosing import wanted_of


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(connect)


def connect(
    provider: ProviderArgument,
    url: Annotated[str, typer.Option("--url", metavar="URL", help="Where the provider reaches the gateway.")],
    source: WhichSourceOption = None,
    update: Annotated[
        bool, typer.Option("--update", help="Change the event types of the endpoint that is there.")
    ] = False,
    connected: Annotated[
        bool, typer.Option("--connected", help="For what happens in connected accounts.")
    ] = False,
    api_version: Annotated[
        str | None, typer.Option("--api-version", help="[default: that of the account]")
    ] = None,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
) -> None:
    """Make an endpoint at the provider with exactly the event types that subscriptions want."""
    settings = settings_at(config_path(config))
    found = asked_source(settings, provider, source)
    wish = Wish(_target(url, found), update, connected, api_version, dry_run)
    act = Act("connect", found.name, f"{'update ' if update else ''}{wish.target}")
    try:
        with noted_beside(settings, act) if not dry_run else nullcontext():
            _tell(settings, found, asyncio.run(_connect(settings, found, wish)))
    except (ApiError, KeptSecretsError, NotConnected) as error:
        raise stop(str(error), NOTHING) from error


def _target(url: str, source: Source) -> str:
    try:
        return target_of(url, source)
    except ValueError as error:
        raise stop(f"--url {error}", USAGE) from error


async def _connect(settings: Settings, source: Source, wish: Wish) -> Connected:
    api = endpoints_api(source)
    try:
        wanted = wanted_of(settings, source, api)
        for pattern in wanted.apart:
            note(f"{pattern}: a thin event; set up an event destination for it in the provider's dashboard")
        for pattern in wanted.unknown:
            note(f"{pattern}: no event type is known that would match")
        return await connect_source(
            api, source, KeptSecrets(settings.store.folder, source.name), wanted, wish
        )
    finally:
        await api.close()


def _tell(settings: Settings, source: Source, done: Connected) -> None:
    """What was done, and where the secret of a new endpoint has to be named."""
    named = f" {done.endpoint_id}:" if done.endpoint_id else ""
    typer.echo(f"{done.done}{named} {printable(done.url)}")
    every = "every event type" if done.types == ["*"] else f"{len(done.types)} event types"
    typer.echo(f"  {every}: {', '.join(map(printable, done.types))}")
    if done.secret_file is None:
        return
    file = os.path.relpath(done.secret_file, settings.file.parent)
    typer.echo(f"its secret is in {file}, readable by this user only; write in {settings.file.name}")
    typer.echo(f"under sources.{source.name}, beside secrets that are there:")
    typer.echo(f'  secrets: ["file:{file}"]')
    if settings.server.public_url is None and source.public_url is None:
        parts = urlsplit(done.url)
        note(f"and for gateway doctor: server: {{public_url: {parts.scheme}://{parts.netloc}}}")
