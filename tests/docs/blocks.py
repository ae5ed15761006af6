"""The pages as a reader meets them: which there are, and the fenced blocks of each.

Every block of every page is tried. A fence opens with one of these words, and perhaps a title:

    console                 commands after `$ `, and what they show; a line `…` stands for any number of lines
    sh                      commands alone, each of which must succeed
    yaml                    must load as part of config.yaml
    yaml config.yaml        the same, and is put into the config of the page's session at that point
    yaml subscription       must load as keys of a subscription
    yaml source             must load as keys of a source
    python                  is run in the page's session
    python verify           is run on a signed delivery
    python FOLDER/FILE.py   is written there, and must compile
    json TITLE              must have the fields of what is sent under that title: SENT in test_sent.py
    json theirs             what another program takes or keeps: must be JSON
    json FOLDER/FILE.json   is written there
    text, ini, nginx        a picture, or another program's
    sql                     PostgreSQL's: tests/deploy and tests/destinations run it
    typescript              the same as the python before it; tests/service sends with that package

A page that needs something before it begins has an entry in setups.py, which also names the commands that
can't be run here. Ids, times and secrets are compared by their form: forms.py. `NAME=…` leaves a variable as
it is, since whoever reads has a value of their own.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LANGUAGES = {"console", "sh", "yaml", "python", "json", "text", "ini", "nginx", "sql", "typescript"}


def _below(folder: str) -> list[str]:
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / folder).glob("*.md"))


GUIDES = [*_below("docs"), "adapters/README.md", "tests/vectors/README.md"]
"""Each is played in a session of its own; a new page of docs/ is found."""

PROVIDERS = _below("docs/providers")
"""Their samples are sent by tests/service/test_samples.py, to one gateway with all of them."""

PAGES = ["README.md", *GUIDES, *PROVIDERS]


@dataclass(frozen=True)
class Block:
    """A fenced block: its first word, the rest of that line, and the text."""

    page: str
    line: int
    language: str
    title: str
    text: str

    @property
    def is_file(self) -> bool:
        """Whether its title is a path in the reader's folder."""
        return "/" in self.title and self.title.endswith((".py", ".json"))

    @property
    def is_script(self) -> bool:
        """Whether it is Python that a reader runs."""
        return self.language == "python" and not self.title

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Each command with what it shows; with nothing in a block of commands alone."""
        if self.language == "sh":
            return [(line, "") for line in _lines(self.text) if line and not line.startswith("#")]
        if self.language != "console":
            return []
        parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]
        commands = [_lines(part)[0] for part in parts]
        return [(command, part[len(command) + 1 :]) for command, part in zip(commands, parts, strict=True)]


def _lines(text: str) -> list[str]:
    """The lines of a script, each with those that a backslash or an open quote joins to it."""
    joined = [""]
    for line in text.splitlines():
        joined[-1] += line
        if _is_whole(joined[-1]):
            joined.append("")
        else:
            joined[-1] += "\n"
    return joined


def _is_whole(command: str) -> bool:
    try:
        shlex.split(command, comments=True)
    except ValueError:  # a quote is open, or a backslash stands at the end
        return False
    return True


@cache
def text(page: str) -> str:
    """The source of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """The fenced blocks of a page, in order."""
    found = re.finditer(r"^( *)```(\w+) ?([^\n]*)\n(.*?)^\1```$", text(page), re.MULTILINE | re.DOTALL)
    line = {one: text(page).count("\n", 0, one.start()) + 1 for one in found}
    return tuple(Block(page, at, one[2], one[3], dedent(one[4])) for one, at in line.items())


EVERY = [block for page in PAGES for block in blocks(page)]


def of(*languages: str, page: str = "") -> list[Any]:
    """The blocks in these languages, of all pages or of one, as parameters of a test."""
    return [
        pytest.param(one, id=f"{one.page}:{one.line}")
        for one in EVERY
        if one.language in languages and page in ("", one.page)
    ]
