"""What a command starts with: the config, the store where it needs one, and how it ends early."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.noting import noted
from gateway.config import ConfigError, Settings, load
from gateway.dev_secrets import DevSecrets, DevSecretsError
from gateway.operate.auditing import Act
from gateway.operate.opened import Looked
from gateway.operate.opened import Opened as Opened
from gateway.running import router
from gateway.store import StoreError, exists, open_store

NOTHING, USAGE, STORE = 1, 2, 3
"""Exit codes: nothing matched or the target refused; wrong usage or config; the store can't be used now."""

DEFAULT_CONFIG = Path("config.yaml")


def _given_before_the_verb(ctx: typer.Context, config: Path | None) -> Path | None:
    """What was given after the verb wins, else what was given nearest before it."""
    before = ctx.parent
    while config is None and before is not None:
        config = before.params.get("config")
        before = before.parent
    return config


ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", callback=_given_before_the_verb, help="[default: config.yaml]"),
]
"""The parameter `config: ConfigOption = None` that every command has; `config_path` says what it means."""


def config_path(config: Path | None) -> Path:
    """The config file that a command was given, or the one of the current folder."""
    return config or DEFAULT_CONFIG


def stop(message: str, code: int) -> typer.Exit:
    """Tell on stderr why a command ends now; raise what this returns. `code` is the exit code."""
    typer.echo(message, err=True)
    return typer.Exit(code)


def note(message: str) -> None:
    """Tell something on stderr that is no part of the output."""
    typer.echo(message, err=True)


Job = Callable[[Opened], Awaitable[None]]
Look = Callable[[Looked], Awaitable[None]]

UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url", metavar="URL", help="Ask the gateway there; GATEWAY_TOKEN is its token.  [env: GATEWAY_URL]"
    ),
]
"""The parameter `url: UrlOption = None` of the commands that can ask a gateway elsewhere."""


def elsewhere(config: Path | None, url: str | None) -> str | None:
    """The gateway elsewhere that is meant, None for the one of the config.

    A config that is named beats GATEWAY_URL. Ends the command where both are named.
    """
    if config is not None and url is not None:
        raise stop("--config and --url name two gateways: leave one out", USAGE)
    return url or (os.environ.get("GATEWAY_URL") or None if config is None else None)


def look(config: Path | None, url: str | None, job: Look) -> None:
    """Do `job`, which only looks, on the store of the config or on a gateway elsewhere."""
    there = elsewhere(config, url)
    if there is None:
        return run(config, job)
    from gateway.cli.remote import look as look_there  # the HTTP client is for those who need it

    look_there(there, job)


def run(config: Path | None, job: Job, act: Act | None = None) -> None:
    """Do `job` on the store of the config; a server may be running on it. Ends the command on any failure.

    An `act` is what the audit log keeps of it.
    """
    run_with(settings_at(config_path(config)), job, act)


def run_with(settings: Settings, job: Job, act: Act | None = None) -> None:
    """Do `job` on the store that `settings` name, which must exist."""
    if not exists(settings.store.target):
        raise stop(f"{settings.store.name}: there is no store yet; make it with: gateway serve", STORE)
    try:
        asyncio.run(_opened(settings, job, act))
    except StoreError as error:
        raise stop(str(error), STORE) from error


async def _opened(settings: Settings, job: Job, act: Act | None) -> None:
    store = await open_store(settings.store.target, False, 1, settings.store.keys)
    try:
        opened = Opened(settings, store, router(settings), round(time.time() * 1000))
        await (job(opened) if act is None else noted(opened, job, act))
    finally:
        await store.close()


def settings_at(path: Path) -> Settings:
    """The settings of a command that needs no secret. Ends it with every problem of the config."""
    try:
        return load(path, os.environ, secrets="optional")
    except ConfigError as error:
        raise stop(str(error), USAGE) from error


def adapters_folder(config: Path | None) -> Path | None:
    """The folder of one's own adapters that the config names; None without a config that can be read."""
    try:
        return load(config_path(config), os.environ, secrets="optional").adapters_path
    except ConfigError as error:
        if config is not None:
            raise stop(str(error), USAGE) from error
        return None


def settings_with_secrets(path: Path, source: str) -> Settings:
    """The settings with the secrets of `source` from the environment, or those that `serve --dev` made.

    Ends the command where it has none; a secret that is missing elsewhere does not matter.
    """
    try:
        made = DevSecrets(settings_at(path).store.folder).read()
        missing = _problems_of(source, path)
        if missing and f"sources.{source}" not in made:
            raise stop("\n".join(missing), USAGE)
        return load(path, os.environ, secrets="optional", generated=made)
    except (ConfigError, DevSecretsError) as error:
        raise stop(str(error), USAGE) from error


def _problems_of(source: str, path: Path) -> list[str]:
    """What `gateway serve` would say of the secrets of `source`."""
    try:
        load(path, os.environ, secrets="required")
    except ConfigError as error:
        return [str(each) for each in error.problems if each.key.startswith(f"sources.{source}.")]
    return []


def unknown(kind: str, name: str, known: Iterable[str], file: Path | str) -> str:
    """The sentence for a `kind` (source, subscription) that the config does not have."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    guess = f"did you mean {near[0]!r}? " if near else ""
    return f"{file}: there is no {kind} {name!r}; {guess}there are: {', '.join(names) or 'none'}"
