"""`gateway doctor`: does the provider send what subscriptions want, to where we listen?"""

from __future__ import annotations

import asyncio
from typing import Annotated

import orjson
import typer

from adapters.provider_api import ApiError
from gateway.cli.completing import providers
from gateway.cli.listing import printable
from gateway.cli.opening import NOTHING, ConfigOption, config_path, settings_at, stop
from gateway.cli.options import WhichSourceOption
from gateway.cli.provider_side import asked_source, endpoints_api
from gateway.config import Settings, Source
from gateway.endpoints import Finding
from gateway.kept_secrets import KeptSecretsError
from gateway.operate.diagnosing import diagnose, tells_endpoints
from gateway.store import StoreError, exists, open_store

COLOURS = {"ok": "green", "note": "yellow", "off": "red"}


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(doctor)


def doctor(
    provider: Annotated[
        str | None,
        typer.Argument(
            metavar="PROVIDER", autocompletion=providers, help="A source, or its adapter.  [default: all]"
        ),
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="The endpoint's URL, to the letter.")
    ] = None,
    source: WhichSourceOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a finding.")] = False,
    config: ConfigOption = None,
) -> None:
    """Compare what the provider sends with what the config wants. Exit code 1 where something is off."""
    settings = settings_at(config_path(config))
    sources = [asked_source(settings, provider, source)] if provider else _with_api(settings)
    findings = {each.name: _examined(settings, each, url) for each in sources}
    for name, found in findings.items():
        _print(name, found, as_json)
    if any(one.verdict == "off" for found in findings.values() for one in found):
        raise typer.Exit(NOTHING)


def _with_api(settings: Settings) -> list[Source]:
    found = [each for each in settings.sources.values() if tells_endpoints(each.adapter)]
    if not found:
        raise stop("no source has a provider whose API tells of its endpoints; there is: stripe", NOTHING)
    return found


def _examined(settings: Settings, source: Source, url: str | None) -> list[Finding]:
    try:
        return asyncio.run(_examine(settings, source, url))
    except (ApiError, KeptSecretsError, StoreError) as error:
        raise stop(f"{source.name}: {error}", NOTHING) from error


async def _examine(settings: Settings, source: Source, url: str | None) -> list[Finding]:
    api = endpoints_api(source)
    try:
        if not exists(settings.store.target):
            return await diagnose(settings, source, api, None, url)
        store = await open_store(settings.store.target, False, 1, settings.store.keys)
        try:
            return await diagnose(settings, source, api, store, url)
        finally:
            await store.close()
    finally:
        await api.close()


def _print(source: str, findings: list[Finding], as_json: bool) -> None:
    if as_json:
        for one in findings:
            line = {"source": source, "verdict": one.verdict, "text": one.text}
            typer.echo(orjson.dumps(line).decode())
        return
    typer.echo(source)
    for one in findings:
        typer.secho(f"  {one.verdict:<5} {printable(one.text)}", fg=COLOURS[one.verdict])
