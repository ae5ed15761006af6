"""A reader at a terminal, who does what a page says and compares what comes of it."""

from __future__ import annotations

import re
import shlex
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.blocks import Block
from tests.docs.forms import expected, masked
from tests.docs.merging import merged
from tests.docs.places import Places
from tests.docs.setups import Setup, reason_not_here
from tests.docs.shell import Shell
from tests.docs.started import Started
from tests.service.conftest import eventually

GATEWAY = re.compile(r"make run|(\.venv/bin/)?gateway (serve|ingest|worker)\b.*")
STAYS = re.compile(rf"({GATEWAY.pattern}|(\S*/)?python \S+\.py)( ?&)?")
"""Commands that go on until they are stopped; a second gateway takes the place of the first."""

LOOKS = re.compile(
    r"gateway (events?|deliveries|duplicates|rejections|quarantine list|audit|why|subscriptions|top)\b"
    r"|sqlite-utils (query|tables)\b"
)
"""Commands that only look, and so may be asked again until what they show is written down."""

LISTENING = "…\nTIME INFO gateway listening on http://127.0.0.1:8080 with config.yaml\n"


@dataclass
class Session:
    """A folder like a fresh clone, a shell in it, and what was started there."""

    folder: Path
    places: Places
    shell: Shell
    setup: Setup = field(default_factory=Setup)
    started: dict[str, Started] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    def play(self, block: Block) -> None:
        """Do what the reader of a block would do."""
        if block.language == "yaml" and block.title == "config.yaml":
            self.configure(block.text)
        elif block.is_file:
            self.write(block.title, block.text)
        elif block.is_script:
            self.python(block.text)
        for command, shown in block.commands:
            if not reason_not_here(command):
                self.done.append(command)
                self.run(command, None if block.language == "sh" else shown)

    def run(self, command: str, shown: str | None) -> None:
        """Run a command, which has to show that; with None it has to succeed."""
        for other in self.setup.ahead.get(command, ()):
            self.run(other, None)
        if command.startswith(". "):
            self.succeed(f'{command} && PATH="$PWD/.bin:$PATH"')
        elif command in self.setup.meanwhile:
            self.watch(command, shown or "")
        elif command == "systemctl stop gateway":
            self.stop("gateway")
        elif command == "systemctl start gateway":
            self.stay("gateway serve --dev")
        elif STAYS.fullmatch(command):
            self.stay(command.rstrip("& "), shown)
        elif shown is None:
            self.succeed(command)
        else:
            self.compare(command, shown)

    def succeed(self, command: str) -> str:
        """Run a command that has to end with 0. What it says."""
        said, code = self.shell.run(self.places.real(command))
        assert code == 0, f"$ {command}\n{said}ended with {code}"
        return said

    def compare(self, command: str, shown: str) -> None:
        """Run a command and compare; one that only looks is asked again for a while."""
        wanted = self.form(shown, command)
        deadline = time.monotonic() + (30 if LOOKS.match(command) else 0)
        while not wanted.fullmatch(got := self.output(command)):
            assert time.monotonic() < deadline, f"$ {command}\n{got}\ninstead of\n{wanted.pattern}"
            time.sleep(0.1)

    def output(self, command: str) -> str:
        """What a command says, by its form."""
        return masked(self.places.shown(self.shell.run(self.places.real(command))[0]), command)

    def form(self, shown: str, command: str) -> re.Pattern[str]:
        """What a command has to say, by its form."""
        return expected(self.places.real(shown), command)

    def stay(self, command: str, shown: str | None = None) -> None:
        """Start a command that goes on, and wait until it has shown what it should."""
        is_gateway = GATEWAY.fullmatch(command)
        started = self.start("gateway" if is_gateway else command, command)
        wanted = self.form(shown or (LISTENING if is_gateway else ""), command)
        # On a slow machine the subscriber misses the second attempt, and the third is a minute later.
        self.until(started, command, wanted.match, within=90)

    def watch(self, command: str, shown: str) -> None:
        """Start a command that shows what happens, have it happen, and stop it as with Ctrl-C."""
        started = self.start("watching", command)
        eventually(lambda: "end with Ctrl-C" in started.said or not started.lives())
        for other in self.setup.meanwhile[command]:
            self.succeed(other)
        self.until(started, command, self.form(shown, command).fullmatch, within=30)
        self.stop("watching", signal.SIGINT)

    def until(self, started: Started, command: str, fits: Callable[[str], object], within: float) -> None:
        """Wait until what was started has said what fits."""
        deadline, lives = time.monotonic() + within, True
        while not fits(said := masked(self.places.shown(started.said), command)):
            assert lives and time.monotonic() < deadline, f"$ {command}\n{said}"
            lives = started.lives()  # asked before the last look at what it said
            time.sleep(0.02)

    def start(self, kind: str, command: str) -> Started:
        """Start a command in the place of the one of its kind, with the variables of the shell."""
        self.stop(kind)
        log = self.folder / f".{re.sub(r'[^a-z]+', '-', kind)}.log"
        real = self.places.real(command)
        self.started[kind] = Started(real, self.folder, self.shell.variables(), log)
        return self.started[kind]

    def stop(self, kind: str, how: int = signal.SIGTERM) -> None:
        """End what was started, if it was."""
        if kind in self.started:
            self.started.pop(kind).stop(how)

    def python(self, code: str) -> None:
        """Run a block of Python, with what its page gives it."""
        self.write(".block.py", f"{self.setup.python}\n{code}")
        self.succeed(f"{shlex.quote(sys.executable)} .block.py")

    def configure(self, part: str) -> None:
        """Put a part into config.yaml."""
        config = self.folder / "config.yaml"
        config.write_text(merged(config.read_text(), self.places.real(part)))

    def write(self, path: str, text: str) -> None:
        """Write a file of the folder, with the places of this session."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.places.real(text))

    def close(self) -> None:
        """End everything."""
        for kind in list(self.started):
            self.stop(kind)
        self.shell.close()
