"""What `gateway serve --dev` says first: the secrets it made, and what to try."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import typer

from gateway.cli.opening import stop
from gateway.config import ConfigError, Settings, Source
from gateway.dev_secrets import Development, DevSecretsError, load_for_development


def introduce(path: Path) -> Settings:
    """Load with development secrets, and greet: new secrets are shown this once."""
    try:
        development = load_for_development(path, os.environ)
    except (ConfigError, DevSecretsError) as error:
        raise stop(str(error), 2) from error
    for line in _greeting(path, development):
        typer.echo(line)
    sys.stdout.flush()
    return development.settings


def new_secrets(development: Development) -> list[str]:
    """The secrets that were just made; nobody is shown them again."""
    if not development.new:
        return []
    made = [f"  {owner:32} {secret.get_secret_value()}" for owner, secret in development.new.items()]
    return ["", f"Secrets made for you, kept in {development.file} and shown this once:", *made]


def _greeting(path: Path, development: Development) -> list[str]:
    settings = development.settings
    lines = ["Development mode: use it on this machine only.", *new_secrets(development)]
    lines += ["", "Send a signed sample, from another terminal:"]
    for name, source in settings.sources.items():
        lines.append(f"  {_command(path)} trigger {name} {source.adapter.first_sample}")
    base = f"http://{settings.server.host}:{settings.server.port}"
    lines += ["", "See what came, in a browser:", f"  {base}/ui"]
    for source in settings.sources.values():
        lines += _forwarding(source, f"{base}{source.path}")
    return [*lines, ""]


def _forwarding(source: Source, url: str) -> list[str]:
    """How to get the provider's real webhooks onto this machine, where it has a command for that."""
    if source.adapter.forwarder is None:
        return []
    return [
        "",
        f"Forward real webhooks of {source.adapter.title}, and set the secret that this prints:",
        f"  {source.adapter.forwarder.format(url=url)}",
    ]


def _command(path: Path) -> str:
    """How the user can call this very program: by its name where it is on the PATH, else by its file."""
    name = "gateway" if shutil.which("gateway") else os.path.relpath(sys.argv[0])
    name = "python -m gateway" if name.endswith("__main__.py") else name
    return name if path == Path("config.yaml") else f"{name} --config {path}"
