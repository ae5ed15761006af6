"""What a shell completes beyond verbs and options: the names that the config has."""

from __future__ import annotations

import os
from collections.abc import Iterable

import typer

from gateway.cli.opening import config_path
from gateway.config import ConfigError, Settings, load


def sources(ctx: typer.Context, incomplete: str) -> list[str]:
    """Sources of the config that begin so."""
    settings = _settings(ctx)
    return _beginning(settings.sources if settings else (), incomplete)


def subscriptions(ctx: typer.Context, incomplete: str) -> list[str]:
    """Subscriptions of the config that begin so."""
    settings = _settings(ctx)
    return _beginning(settings.subscriptions if settings else (), incomplete)


def providers(ctx: typer.Context, incomplete: str) -> list[str]:
    """Sources of the config and their adapters that begin so."""
    settings = _settings(ctx)
    if settings is None:
        return []
    adapters = [each.adapter.name for each in settings.sources.values()]
    return _beginning(dict.fromkeys([*settings.sources, *adapters]), incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _settings(ctx: typer.Context) -> Settings | None:
    """The config that the line names, or that of the folder; None, in silence, where it can't be read."""
    asked: typer.Context | None = ctx
    config = None
    while asked is not None and config is None:
        config, asked = asked.params.get("config"), asked.parent  # type: ignore[assignment]
    try:
        return load(config_path(config), os.environ, secrets="optional")
    except (ConfigError, OSError):
        return None
