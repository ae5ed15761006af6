"""`gateway doctor`: does the provider send what subscriptions want, to where we listen?"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Annotated

import orjson
import typer

from adapters.base import Adapter
from adapters.provider_api import ApiError
from gateway.cli.completing import providers
from gateway.cli.listing import printable
from gateway.cli.opening import NOTHING, ConfigOption, config_path, settings_at, stop
from gateway.cli.options import WhichSourceOption
from gateway.cli.provider_side import asked_source, endpoints_api
from gateway.config import Settings, Source
from gateway.endpoints import Finding, OurSide, compare, wanted_types
from gateway.kept_secrets import KeptSecrets, KeptSecretsError
from gateway.store import Store, StoreError, exists, open_store
from gateway.store.records import Query

LAST = 1000
"""The newest events that are looked at for which secret proved them."""

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
    found = [each for each in settings.sources.values() if _tells_endpoints(each.adapter)]
    if not found:
        raise stop("no source has a provider whose API tells of its endpoints; there is: stripe", NOTHING)
    return found


def _tells_endpoints(adapter: Adapter) -> bool:
    """Whether its provider has an API for the endpoints that it sends to."""
    return type(adapter).endpoints_api is not Adapter.endpoints_api


def _examined(settings: Settings, source: Source, url: str | None) -> list[Finding]:
    try:
        return asyncio.run(_examine(settings, source, url))
    except (ApiError, KeptSecretsError, StoreError) as error:
        raise stop(f"{source.name}: {error}", NOTHING) from error


async def _examine(settings: Settings, source: Source, url: str | None) -> list[Finding]:
    api = endpoints_api(source)
    patterns = [pattern for each in settings.subscriptions.values() for pattern in each.events]
    wanted = wanted_types(source.adapter.name, patterns, api)
    proven, version, refused = await _seen(settings, source)
    texts = [secret.get_secret_value() for secret in source.secrets]
    kept = KeptSecrets(settings.store.folder, source.name).read()
    base = settings.server.public_url
    ours = OurSide(
        url=url or source.public_url or (base + source.path if base else None),
        path=source.path,
        wanted=wanted,
        secrets=tuple(secret.masked for secret in source.secrets),
        proven=proven,
        version=version,
        refused=refused,
        kept={id: secret in texts for id, secret in kept.items()},
    )
    try:
        return compare(ours, await api.endpoints())
    finally:
        await api.close()


async def _seen(settings: Settings, source: Source) -> tuple[Counter[int], str | None, bool]:
    """How many of the newest webhooks each secret proved, the newest's version, and was the last refused."""
    if not exists(settings.store.target):
        return Counter(), None, False
    store = await open_store(settings.store.target, False, 1, settings.store.keys)
    try:
        return await _seen_in(store, source.name)
    finally:
        await store.close()


async def _seen_in(store: Store, source: str) -> tuple[Counter[int], str | None, bool]:
    events = await store.events(Query(source=source, limit=LAST))
    sent = [one for one in events if one.reception is not None and one.reception.secret is not None]
    proven = Counter(
        one.reception.secret for one in sent if one.reception and one.reception.secret is not None
    )
    version = next((one.event.v for one in sent if one.event.v is not None), None)
    refused = await store.rejections(Query(source=source, limit=1))
    newest = sent[0].event.received_at if sent else 0
    wrong = any(one.reason == "bad_signature" and one.received_at > newest for one in refused)
    return proven, version, wrong


def _print(source: str, findings: list[Finding], as_json: bool) -> None:
    if as_json:
        for one in findings:
            line = {"source": source, "verdict": one.verdict, "text": one.text}
            typer.echo(orjson.dumps(line).decode())
        return
    typer.echo(source)
    for one in findings:
        typer.secho(f"  {one.verdict:<5} {printable(one.text)}", fg=COLOURS[one.verdict])
