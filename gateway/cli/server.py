"""The server of one process: uvicorn with a run file, a word when it is ready, and SIGHUP."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
import uvicorn

from gateway import runfile
from gateway.app import Gateway, Role
from gateway.cli.greeting import new_secrets
from gateway.cli.opening import stop
from gateway.cli.protocol import GatewayProtocol
from gateway.config import ConfigError, Settings, load, restart_needed
from gateway.dev_secrets import DevSecretsError, load_for_development
from gateway.operate.auditing import Act
from gateway.runfile import RunFile
from gateway.store.audit import Outcome
from gateway.telemetry.process import Telemetry
from gateway.telemetry.siblings import Siblings
from gateway.telemetry.tracing import tracer_of

log = logging.getLogger("gateway")


@dataclass(frozen=True, slots=True)
class Start:
    """How a process was started. `name` is that of its run file, None where a parent process keeps one."""

    path: Path
    dev: bool
    role: Role
    name: str | None

    def load(self) -> Settings:
        """The settings of now; secrets that development mode makes for a new source are shown.

        Raises ConfigError or DevSecretsError.
        """
        if not self.dev:
            return load(self.path, os.environ)
        development = load_for_development(self.path, os.environ)
        for line in new_secrets(development):
            typer.echo(line)
        return development.settings

    def tell(
        self, folder: Path, url: str, problems: Sequence[str] = (), restart_needed: Sequence[str] = ()
    ) -> None:
        """Write the run file: the config as it is now was taken, or refused for `problems`."""
        if self.name is not None:
            path = self.path.absolute()
            seen = runfile.digest(path)
            told = RunFile(os.getpid(), str(path), url, seen, tuple(problems), tuple(restart_needed))
            told.write(folder, self.name)


class Server(uvicorn.Server):
    """One process: ingest, worker or both, by its role."""

    def __init__(
        self,
        settings: Settings,
        start: Start,
        listener: socket.socket,
        parent: int | None = None,
        siblings: Siblings | None = None,
    ) -> None:
        """`parent` is a pipe that ends when the parent process does, `siblings` its other children."""
        self._tracer = tracer_of(os.environ)
        telemetry = Telemetry(tracer=self._tracer)
        self._gateway = Gateway(settings, start.role, telemetry=telemetry, siblings=siblings)
        self._start = start
        self._listener = listener
        self._parent = parent
        super().__init__(_uvicorn_config(self._gateway, settings))

    def run_until_stopped(self) -> None:
        """Serve; returns after a graceful stop."""
        for stopping in (signal.SIGINT, signal.SIGTERM):
            # uvicorn sends itself the signal again when all is done, and that is to end in exit code 0
            signal.signal(stopping, lambda *_: None)
        self.run(sockets=[self._listener])
        if self._tracer is not None:
            self._tracer.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        _calm_the_collector()
        if not self.started:
            return
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._reload)
        if self._parent is not None:
            asyncio.get_running_loop().add_reader(self._parent, self._orphaned, self._parent)
        self._tell()
        log.info("listening on %s with %s", url_of(self._listener), self._start.path)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; those who wait for a subscriber may do so for half of the time that there is."""
        self._gateway.let_go()
        half = self._gateway.running.settings.server.shutdown_timeout / 2
        sending = asyncio.get_running_loop().call_later(half, self._gateway.send_home)
        await super().shutdown(sockets)
        sending.cancel()

    def _orphaned(self, handle: int) -> None:
        asyncio.get_running_loop().remove_reader(handle)
        log.error("the parent process is gone; stopping")
        self.should_exit = True

    def _reload(self) -> None:
        """Put the changed file in force, or keep the old config and say why."""
        old = self._gateway.running.settings
        try:
            new = self._start.load()
        except (ConfigError, DevSecretsError) as error:
            log.error("config refused, the old one stays: %s", error)
            self._note(Act("reload", str(self._start.path), str(error)), "refused")
            return self._tell(problems=str(error).splitlines())
        self._gateway.apply(new)
        fixed = restart_needed(old, new)
        self._note(Act("reload", str(self._start.path)), "done")
        log.info("config reloaded%s", f"; a restart is needed for {', '.join(fixed)}" if fixed else "")
        self._tell(restart_needed=fixed)

    def _note(self, act: Act, outcome: Outcome) -> None:
        """In the audit log, once where several processes of one gateway were told."""
        if self._start.role.delivers or self._start.name is not None:
            self._noting = asyncio.get_running_loop().create_task(self._gateway.note(act, outcome))

    def _tell(self, problems: Sequence[str] = (), restart_needed: Sequence[str] = ()) -> None:
        folder = self._gateway.running.settings.store.folder
        self._start.tell(folder, url_of(self._listener), problems, restart_needed)


def _calm_the_collector() -> None:
    """Let the garbage collector pass over what lives as long as the process, and look more seldom.

    Requests leave no cycles behind; measured, this takes a tenth off each and halves the slowest ones.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def _uvicorn_config(gateway: Gateway, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        gateway,
        http=GatewayProtocol,
        ws="none",
        interface="asgi3",
        lifespan="on",
        # X-Forwarded-For is believed only of the proxies that this variable of uvicorn's names.
        proxy_headers="FORWARDED_ALLOW_IPS" in os.environ,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=max(1, round(settings.server.shutdown_timeout)),
    )


def url_of(listener: socket.socket) -> str:
    """Where a listening socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def listen(settings: Settings, port: int | None = None) -> socket.socket:
    """Bind before anything is started, so that a taken port is one clear line; `port` beats the config's."""
    host, port = settings.server.host, settings.server.port if port is None else port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror or error
        raise stop(
            f"can't listen on {host} port {port}: {reason}; "
            "end what listens there, or choose another: --port, or server.port",
            1,
        ) from error
