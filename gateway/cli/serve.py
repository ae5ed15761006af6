"""`gateway serve`, `ingest`, `worker` and `reload`: the server processes, and telling them to read again."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from gateway import runfile
from gateway.app import Role
from gateway.cli.check import load_for_serving
from gateway.cli.greeting import introduce
from gateway.cli.noting import noted_beside
from gateway.cli.opening import STORE, USAGE, ConfigOption, UrlOption, config_path, elsewhere, stop, unknown
from gateway.cli.processes import Processes, lifeline, unblock
from gateway.cli.server import Server, Start, listen, url_of
from gateway.config import ConfigError, Settings, load
from gateway.dev_secrets import DevSecretsError
from gateway.operate.auditing import Act
from gateway.operate.reloading import ReloadRow, Silent, reload_all
from gateway.store import StoreError, open_store, prepare
from gateway.telemetry import siblings
from gateway.telemetry.logs import LogFormat, log_to_stderr
from gateway.telemetry.siblings import Siblings

STOP_MARGIN = 10.0
"""Seconds that a process may take to stop beyond `server.shutdown_timeout`."""

LogFormatOption = Annotated[
    LogFormat | None,
    typer.Option(
        "--log-format",
        envvar="GATEWAY_LOG_FORMAT",
        help="Lines for people or JSON.  [default: text on a terminal, else json]",
    ),
]
PortOption = Annotated[int | None, typer.Option("--port", help="Listen here instead of server.port.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(serve)
    app.command()(ingest)
    app.command()(worker)
    app.command()(reload)


def serve(
    config: ConfigOption = None,
    dev: Annotated[
        bool, typer.Option("--dev", help="Make the secrets that are not set, and show them once.")
    ] = False,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Processes that receive; the first delivers too.")
    ] = 1,
    port: PortOption = None,
    log_format: LogFormatOption = None,
    child: Annotated[str | None, typer.Option("--child", hidden=True)] = None,
) -> None:
    """Receive webhooks and deliver events, until stopped with Ctrl-C or SIGTERM."""
    path = config_path(config)
    log_to_stderr(log_format)
    if child is not None:
        return _serve_as_child(path, dev, child)
    settings = introduce(path) if dev else load_for_serving(path, dev=False)
    _prepare(settings)
    listener = listen(settings, port)
    name = _hold(settings, listener)
    try:
        if workers > 1:
            start = Start(path, dev, Role(), name)
            return _serve_with_children(settings, start, listener, workers, log_format)
        role = Role(alone=not settings.store.is_shared)
        Server(settings, Start(path, dev, role, name), listener).run_until_stopped()
    finally:
        runfile.remove(settings.store.folder, name)


def ingest(config: ConfigOption = None, port: PortOption = None, log_format: LogFormatOption = None) -> None:
    """Receive webhooks only; `gateway worker` delivers, on this machine or another. Needs PostgreSQL."""
    _serve_shared(config, port, Role(delivers=False, alone=False), log_format)


def worker(
    config: ConfigOption = None,
    port: PortOption = None,
    subscriptions: Annotated[
        str | None, typer.Option("--subscriptions", metavar="NAME,…", help="Deliver for these only.")
    ] = None,
    log_format: LogFormatOption = None,
) -> None:
    """Deliver events only; `gateway ingest` receives them. Needs PostgreSQL."""
    names = frozenset(subscriptions.split(",")) if subscriptions is not None else None
    role = Role(ingests=False, subscriptions=names, alone=False)
    _serve_shared(config, port, role, log_format)


def reload(config: ConfigOption = None, url: UrlOption = None) -> None:
    """Make every gateway of this config on this machine read it again; an invalid one is refused."""
    there = elsewhere(config, url)
    if there is not None:
        from gateway.cli.acting_there import reload as reload_there

        return reload_there(there)
    path = config_path(config)
    try:
        settings = load(path, os.environ, secrets="optional")
    except ConfigError as error:
        raise stop(f"{error}\nnothing was changed: the old config stays in force", 2) from error
    folder = settings.store.folder
    if not runfile.every(folder):
        raise stop(f"no gateway runs on {folder}; start one with: gateway serve --config {path}", 1)
    with noted_beside(settings, Act("reload", str(path))):
        try:
            show_reloaded(reload_all(folder))
        except Silent as error:
            raise stop(str(error), 1) from error


def show_reloaded(rows: Iterable[ReloadRow]) -> None:
    """Say what came of it for each gateway. Ends the command where one refused."""
    for row in rows:
        if row.problems:
            raise stop("\n".join([*row.problems, "refused: the old config stays in force"]), 2)
        for key in row.restart_needed:
            typer.echo(f"{key} changed: that takes a restart", err=True)
        typer.echo(f"reloaded {row.config}")


def _serve_shared(config: Path | None, port: int | None, role: Role, log_format: LogFormat | None) -> None:
    path = config_path(config)
    log_to_stderr(log_format)
    settings = load_for_serving(path, dev=False)
    if not settings.store.is_shared:
        raise stop(
            f"{path}: store.url is a SQLite file, which one machine works on: use gateway serve --workers N; "
            "for gateway ingest and gateway worker set store.url to postgresql://…",
            USAGE,
        )
    for name in sorted(role.subscriptions or ()):
        if name not in settings.subscriptions:
            raise stop(unknown("subscription", name, settings.subscriptions, path), USAGE)
    _prepare(settings)
    listener = listen(settings, port)
    held = _hold(settings, listener)
    try:
        Server(settings, Start(path, False, role, held), listener).run_until_stopped()
    finally:
        runfile.remove(settings.store.folder, held)


def _prepare(settings: Settings) -> None:
    """Make the data folder and the store, or migrate it."""
    folder = settings.store.folder
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        prepare(settings.store.target)
        asyncio.run(_unlock(settings))
    except OSError as error:
        raise stop(
            f"{folder}: {error.strerror}; set store.data_folder to one that can be written", 3
        ) from error
    except StoreError as error:
        raise stop(str(error), STORE) from error


async def _unlock(settings: Settings) -> None:
    """Raises StoreError where the store was encrypted with a key that is not there."""
    store = await open_store(settings.store.target, False, 1, settings.store.keys)
    await store.close()


def _hold(settings: Settings, listener: socket.socket) -> str:
    """One gateway an embedded store: a second one would take the first one's deliveries for lost.

    Returns the name of the run file.
    """
    folder = settings.store.folder
    shared = settings.store.is_shared
    name = f"{runfile.NAME}-{listener.getsockname()[1]}" if shared else runfile.NAME
    if runfile.hold(folder, name) is None:
        other = runfile.read(folder, name)
        who = f" (process {other.pid}, {other.url})" if other else ""
        raise stop(f"another gateway{who} runs on {folder}; stop it, or set another store.url", 1)
    return name


def _serve_with_children(
    settings: Settings, start: Start, listener: socket.socket, count: int, log_format: LogFormat | None
) -> None:
    """Keep `count` processes on one socket; this one only looks after them."""
    reading, _ = lifeline()
    counted = siblings.folder_of(settings.store.folder, start.name or runfile.NAME)
    siblings.empty(counted)
    command = ["serve", "--config", str(start.path), *(["--dev"] if start.dev else [])]
    command += ["--log-format", log_format] if log_format else []
    arguments = [
        [*command, "--child", f"{number}:{listener.fileno()}:{reading}:{counted}"] for number in range(count)
    ]

    def reload() -> bool:
        try:
            start.load()
        except (ConfigError, DevSecretsError) as error:
            start.tell(settings.store.folder, url_of(listener), str(error).splitlines())
            return False
        start.tell(settings.store.folder, url_of(listener))
        return True

    start.tell(settings.store.folder, url_of(listener))
    limit = settings.server.shutdown_timeout + STOP_MARGIN
    Processes(arguments, (listener.fileno(), reading), reload, limit).run()
    siblings.remove(counted)


def _serve_as_child(path: Path, dev: bool, child: str) -> None:
    """Serve on the socket of a parent process, until it says so or is gone."""
    unblock()
    number, listener, parent, counted = child.split(":", 3)
    start = Start(path, dev, Role(delivers=number == "0", alone=False), None)
    others = Siblings(Path(counted), int(number))
    shared = socket.socket(fileno=int(listener))
    Server(start.load(), start, shared, int(parent), others).run_until_stopped()
