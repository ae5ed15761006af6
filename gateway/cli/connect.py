"""`gateway connect`: have the provider send what subscriptions want, and keep the secret it tells once."""

from __future__ import annotations

import asyncio
import os
from contextlib import nullcontext
from typing import Annotated
from urllib.parse import urlsplit

import typer

from adapters.provider_api import ApiError, EndpointsApi, ProviderEndpoint
from gateway.cli.listing import printable
from gateway.cli.noting import noted_beside
from gateway.cli.opening import NOTHING, USAGE, ConfigOption, config_path, note, settings_at, stop
from gateway.cli.options import DryRunOption, ProviderArgument, WhichSourceOption
from gateway.cli.provider_side import asked_source, endpoints_api
from gateway.config import Settings, Source
from gateway.config.section import web_url
from gateway.endpoints import WantedTypes, on_url, wanted_types
from gateway.kept_secrets import KeptSecrets, KeptSecretsError
from gateway.operate.auditing import Act

EXAMPLE = "https://hooks.example.com"


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
    target = _target(url, found)
    api = endpoints_api(found)
    wanted = _wanted(settings, found, api)
    kept = KeptSecrets(settings.store.folder, found.name)

    async def job() -> None:
        try:
            there = on_url(await api.endpoints(), target, found.path)
            if there and not update:
                known = ", ".join(each.id for each in there)
                raise stop(f"{known} sends to {target} already; set its event types with --update", NOTHING)
            if dry_run:
                return _tell("would change" if there else "would create", target, wanted)
            if there:
                return await _update(api, there, wanted)
            made = await _create(api, kept, target, wanted, api_version, connected)
            _tell_created(settings, found, kept, made, wanted)
        finally:
            await api.close()

    act = Act("connect", found.name, f"{'update ' if update else ''}{target}")
    try:
        with noted_beside(settings, act) if not dry_run else nullcontext():
            asyncio.run(job())
    except (ApiError, KeptSecretsError) as error:
        raise stop(str(error), NOTHING) from error


def _target(url: str, source: Source) -> str:
    """The URL of the endpoint: the source's path is added where only a host is given."""
    try:
        parts = web_url(url, EXAMPLE)
    except ValueError as error:
        raise stop(f"--url {error}", USAGE) from error
    if parts.query or parts.fragment:
        raise stop(f"--url must end with the host or a path, such as {EXAMPLE}{source.path}", USAGE)
    return f"{parts.scheme}://{parts.netloc}{source.path}" if parts.path in ("", "/") else url


def _wanted(settings: Settings, source: Source, api: EndpointsApi) -> WantedTypes:
    """What subscriptions want of this provider; ends the command where that is nothing."""
    patterns = [pattern for each in settings.subscriptions.values() for pattern in each.events]
    wanted = wanted_types(source.adapter.name, patterns, api)
    for pattern in wanted.apart:
        note(f"{pattern}: a thin event; set up an event destination for it in the provider's dashboard")
    for pattern in wanted.unknown:
        note(f"{pattern}: no event type is known that would match")
    if not wanted.types:
        raise stop(f"no subscription wants an event of {source.adapter.name}; write one first", NOTHING)
    return wanted


async def _update(api: EndpointsApi, there: list[ProviderEndpoint], wanted: WantedTypes) -> None:
    if len(there) > 1:
        ids = ", ".join(each.id for each in there)
        raise stop(f"{ids} all send there; remove all but one at the provider first", NOTHING)
    changed = await api.set_types(there[0].id, wanted.types)
    _tell(f"changed {changed.id}:", changed.url, wanted)


async def _create(
    api: EndpointsApi,
    kept: KeptSecrets,
    target: str,
    wanted: WantedTypes,
    version: str | None,
    connected: bool,
) -> ProviderEndpoint:
    """Make the endpoint and keep its secret; where that can't be, nothing is left at the provider."""
    kept.prepare()
    made = await api.create(target, wanted.types, version, connected)
    try:
        if not made.secret:
            raise KeptSecretsError(f"the provider told no secret for {made.id}")
        kept.keep(made.id, made.secret)
    except KeptSecretsError as error:
        await api.delete(made.id)
        raise KeptSecretsError(f"{error}; the endpoint was removed again") from error
    return made


def _tell(what: str, url: str, wanted: WantedTypes) -> None:
    typer.echo(f"{what} {printable(url)}")
    every = "every event type" if wanted.types == ("*",) else f"{len(wanted.types)} event types"
    typer.echo(f"  {every}: {', '.join(map(printable, wanted.types))}")


def _tell_created(
    settings: Settings, source: Source, kept: KeptSecrets, made: ProviderEndpoint, wanted: WantedTypes
) -> None:
    _tell(f"created {made.id}:", made.url, wanted)
    file = os.path.relpath(kept.file(made.id), settings.file.parent)
    typer.echo(f"its secret is in {file}, readable by this user only; write in {settings.file.name}")
    typer.echo(f"under sources.{source.name}, beside secrets that are there:")
    typer.echo(f'  secrets: ["file:{file}"]')
    if settings.server.public_url is None and source.public_url is None:
        parts = urlsplit(made.url)
        note(f"and for gateway doctor: server: {{public_url: {parts.scheme}://{parts.netloc}}}")
